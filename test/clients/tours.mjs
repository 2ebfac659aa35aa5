// The tours that every client runs on every transport: it lists the tools and
// creates, reads and deletes a webhook, with elicitation or with a token.

import assert from 'node:assert/strict';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { Client } from '@modelcontextprotocol/client';
import { seesTheLibrary } from './library.mjs';

const projectId = '00000000-0000-0000-0000-000000000000';
const target = 'https://example.com/events';
const resultKeys = ['ids', 'state', 'pending', 'since', 'now', 'usually', 'settled', 'cursor', 'done', 'counts', 'data', 'next', 'nextPageToken', 'warnings'];
const errorKeys = ['errorCode', 'message', 'resolution', 'additionalInformation', 'status', 'next', 'confirmation', 'warnings'];

// A person answers the client's questions with the answer that is set.
export class Person {
  asked = [];
  answer = 'decline';

  elicit(params) {
    this.asked.push(params.message);
    const { type, properties, required = [] } = params.requestedSchema;
    assert.equal(type, 'object');
    assert.deepEqual([properties, required], [{ answer: { type: 'string', enum: ['yes', 'no'] } }, []], 'accepting alone must decide');
    return this.answer === 'accept' ? { action: 'accept', content: {} } : { action: this.answer };
  }

  // during makes a call and returns its result; the person must have been asked as
  // often as expected.
  async during(answer, times, call) {
    this.answer = answer;
    this.asked = [];
    const result = await call();
    assert.equal(this.asked.length, times, `asked: ${JSON.stringify(this.asked)}`);
    return result;
  }
}

const info = { name: 'papi-mcp-test', version: '1.0.0' };

// olderClient speaks the protocols up to 2025-11-25.
export function olderClient(person) {
  const client = new OlderClient(info, { capabilities: person ? { elicitation: {} } : {} });
  if (person) client.setRequestHandler(ElicitRequestSchema, request => person.elicit(request.params));
  return client;
}

// modernClient speaks only 2026-07-28.
export function modernClient(person) {
  const client = new Client(info, {
    capabilities: { elicitation: { form: {} } },
    versionNegotiation: { mode: { pin: '2026-07-28' } },
  });
  client.setRequestHandler('elicitation/create', request => person.elicit(request.params));
  return client;
}

// calling returns a function that calls a tool and checks the form of its result:
// the structured content, or an error with the expected code. The text of a list is a
// table, and of everything else the same JSON.
function calling(client) {
  return async (name, toolArguments, errorCode) => {
    const result = await client.callTool({ name, arguments: toolArguments });
    const content = result.structuredContent;
    saysTheSame(name, result.content[0].text, content);
    if (errorCode) {
      assert.equal(result.isError, true, `${name}: no error, but ${JSON.stringify(content)}`);
      assert.equal(content.errorCode, errorCode, `${name}: ${JSON.stringify(content)}`);
    } else {
      assert.ok(!result.isError, `${name}: ${JSON.stringify(content)}`);
    }
    const known = errorCode ? errorKeys : resultKeys;
    assert.deepEqual(Object.keys(content).filter(key => !known.includes(key)), [], `${name}: other keys`);
    const empty = Object.keys(content).filter(key => content[key] == null || content[key] === '' || typeof content[key] === 'object' && Object.keys(content[key]).length === 0);
    assert.deepEqual(empty, [], `${name}: keys without content`);
    return content;
  };
}

// saysTheSame checks that the text of a result says what its structured content says:
// the table of a list as lines of tab-separated values, everything else as JSON.
function saysTheSame(name, text, content) {
  if (!content.data?.cols) {
    assert.deepEqual(JSON.parse(text), content, `${name}: the text is not the structured content`);
    return;
  }
  const { cols, rows } = content.data;
  const lines = text.split('\n');
  assert.equal(parseInt(lines[0], 10), rows.length, `${name}: ${text}`);
  const escapes = { '\\': '\\\\', '\t': '\\t', '\r': '\\r', '\n': '\\n' };
  const cell = value => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)).replace(/[\\\t\r\n]/g, c => escapes[c]);
  const table = rows.length === 0 ? [] : [cols, ...rows].map(row => row.map(cell).join('\t'));
  assert.deepEqual(lines.slice(1, 1 + table.length), table, `${name}: the table`);
  const steps = lines.filter(line => line.startsWith('next: ')).map(line => JSON.parse(line.slice('next: '.length)));
  assert.deepEqual(steps, content.next ?? [], `${name}: the next steps`);
}

async function seesTheTools(client) {
  assert.equal(client.getServerVersion().name, 'papi-mcp');
  assert.ok(client.getInstructions()?.length > 0, 'no instructions');
  const { tools } = await client.listTools();
  const byName = new Map(tools.map(tool => [tool.name, tool]));
  for (const name of ['project_confirm', 'webhook_list', 'webhook_create', 'webhook_delete']) {
    const tool = byName.get(name);
    assert.ok(tool, `no tool ${name}`);
    assert.equal(tool.inputSchema.type, 'object', name);
    assert.ok(tool.description, `${name} has no description`);
  }
  assert.equal(byName.get('webhook_list').annotations?.readOnlyHint, true);
  assert.equal(byName.get('webhook_delete').annotations?.destructiveHint, true);
  await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), error => error.code === -32602);
}

// The webhooks of a tour: an example project has others too.
async function targets(call) {
  const { data } = await call('webhook_list', { projectId });
  return data.rows.map(row => row[data.cols.indexOf('target')]).filter(url => url === target);
}

const webhook = { projectId, target, secret: 'example-secret', triggers: ['WHATSAPP_SENDER_ACTIVE'] };

// The tour of a client with elicitation.
export async function confirmsByElicitation(client, person) {
  const call = calling(client);
  assert.deepEqual(await person.during('decline', 0, () => targets(call)), []);
  await person.during('accept', 1, () => call('project_confirm', { projectId }));
  const { ids } = await person.during('decline', 0, () => call('webhook_create', webhook));
  assert.ok(ids.webhookId, `no webhookId in ${JSON.stringify(ids)}`);
  assert.deepEqual(await targets(call), [target]);

  const remove = { projectId, webhookId: ids.webhookId };
  for (const answer of ['decline', 'cancel']) {
    await person.during(answer, 1, () => call('webhook_delete', remove, 'confirmation_declined'));
    assert.deepEqual(await targets(call), [target], `gone after ${answer}`);
  }
  await person.during('accept', 1, () => call('webhook_delete', remove));
  assert.deepEqual(await targets(call), []);
}

// The tour of a client without elicitation: it gets tokens, each valid once.
export async function confirmsByToken(client) {
  const call = calling(client);
  await call('project_confirm', { projectId });
  const { ids } = await call('webhook_create', webhook);
  const remove = { projectId, webhookId: ids.webhookId };
  const { confirmation } = await call('webhook_delete', remove, 'confirmation_required');
  assert.ok(confirmation.token && confirmation.summary && confirmation.expiresAt, JSON.stringify(confirmation));
  assert.deepEqual(await targets(call), [target]);
  await call('webhook_delete', { ...remove, confirm: confirmation.token });
  await call('webhook_delete', { ...remove, confirm: confirmation.token }, 'confirmation_invalid');
  assert.deepEqual(await targets(call), []);
}

// run runs each tour: [name, () => [client, transport, stop], person, tour].
// The exit code reports whether all succeeded.
export async function run(tours) {
  let failed = 0;
  for (const [name, open, person, tour] of tours) {
    let client, stop;
    try {
      let transport;
      [client, transport, stop] = await open(person);
      await client.connect(transport);
      await seesTheTools(client);
      await seesTheLibrary(client);
      await tour(client, person);
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}: ${error.stack ?? error}`);
    } finally {
      await client?.close();
      await stop?.();
    }
  }
  console.log(`${tours.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
