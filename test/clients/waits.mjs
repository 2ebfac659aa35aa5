// Real clients wait for a template: the TypeScript SDK's two clients, which speak the
// older protocols and 2026-07-28, on stdio, Streamable HTTP and HTTP+SSE. Each gets
// progress with a message and the result, and cancels another wait: the server then
// reads no more, and answers a later call.
//
//   npm ci && node waits.mjs papi-mcp serve --sandbox
//
// All run at the same time, for about 15 seconds: progress comes every 10 seconds. If one
// fails, the exit code is 1.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { StdioClientTransport as OlderStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OlderHTTP } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport as OlderEvents } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { serve } from './server.mjs';
import { Person, modernClient, olderClient } from './tours.mjs';

const [command, ...flags] = process.argv.slice(2);
if (!command) {
  console.error('usage: node waits.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
// The review of a template takes 150 seconds of the sandbox's time.
const args = [...flags, '--seed-data', 'shop', '--speed', '13', '--verbose'];
const projectId = '00000000-0000-0000-0000-000000000000';

// The clients' callTool differ in where the options are.
const olderCall = client => (name, toolArguments, options) => client.callTool({ name, arguments: toolArguments }, undefined, options);
const modernCall = client => (name, toolArguments, options) => client.callTool({ name, arguments: toolArguments }, options);
const older = () => {
  const client = olderClient();
  return [client, olderCall(client)];
};
const modern = () => {
  const person = new Person();
  person.answer = 'accept';
  const client = modernClient(person);
  return [client, modernCall(client)];
};

const stdio = (make, Transport) => async () => {
  const transport = new Transport({ command, args, stderr: 'pipe' });
  return [...make(), transport, transport.stderr, async () => {}];
};
const http = (make, Transport, path) => async () => {
  const { url, log, stop } = await serve(command, args, 'pipe');
  return [...make(), new Transport(new URL(path, url)), log, stop];
};

// reads counts the reads of a thing in the server's log of its exchanges with the API.
function reads(log, path) {
  const seen = { count: 0 };
  const lines = createInterface({ input: log });
  lines.on('line', line => {
    if (line.includes('exchange with the API') && line.includes('method=GET') && line.includes(path)) {
      seen.count++;
      lines.emit('read');
    }
  });
  seen.next = () => once(lines, 'read');
  return seen;
}

function content(result) {
  assert.ok(!result.isError, JSON.stringify(result.structuredContent));
  return result.structuredContent;
}

async function submitTemplate(call) {
  content(await call('project_confirm', { projectId }));
  const { next } = content(await call('whatsapp_template_create', {
    name: 'waited_for', language: 'EN_US', category: 'MARKETING',
    details: { components: [{ type: 'BODY', text: 'News of the week.' }] },
  }));
  const step = next.find(({ tool }) => tool === 'wait');
  assert.ok(step, `next does not lead to a wait: ${JSON.stringify(next)}`);
  return step.args;
}

async function waitsForTheTemplate(call, wait) {
  const progress = [];
  const { settled, data, cursor } = content(await call('wait', { ...wait, timeoutSeconds: 16 }, { onprogress: p => progress.push(p), timeout: 60_000 }));
  assert.equal(settled, true, JSON.stringify(data));
  const row = Object.fromEntries(data.cols.map((name, i) => [name, data.rows[0][i]]));
  assert.deepEqual([row.tool, row.state, row.class], ['whatsapp_template_get', 'APPROVED', 'Success']);
  assert.notEqual(row.before, row.state);
  assert.ok(cursor);
  assert.equal(progress.length, 1, JSON.stringify(progress));
  assert.match(progress[0].message, /^0 of 1 settled; .*PENDING/);
  assert.equal(progress[0].total, 16);
}

async function cancels(call, log) {
  const seen = reads(log, '{smsAppId}');
  const list = content(await call('sms_app_list', { projectId })).data;
  const smsAppId = list.rows[0][list.cols.indexOf('smsAppId')];
  const first = seen.next();
  const abort = new AbortController();
  const waiting = call('wait', { for: [{ tool: 'sms_app_get', args: { smsAppId } }], until: 'changed', timeoutSeconds: 300 }, { signal: abort.signal, timeout: 310_000 });
  const rejected = assert.rejects(waiting);
  await first;
  abort.abort();
  await rejected;
  await pause(200); // the server hears of it
  const before = seen.count;
  await pause(4000); // the next reads would come after 2 to 2.4 seconds
  assert.equal(seen.count, before, 'the server still reads for a wait that was cancelled');
  content(await call('sms_app_get', { smsAppId }));
}

async function tour(name, open) {
  let client, call, transport, log, stop;
  try {
    [client, call, transport, log, stop] = await open();
    await client.connect(transport);
    const wait = await submitTemplate(call);
    await Promise.all([waitsForTheTemplate(call, wait), cancels(call, log)]);
    console.log(`ok      ${name}`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
    return false;
  } finally {
    await client?.close();
    await stop?.();
  }
}

const passed = await Promise.all([
  tour('sdk on stdio', stdio(older, OlderStdio)),
  tour('client of 2026-07-28 on stdio', stdio(modern, StdioClientTransport)),
  tour('sdk on Streamable HTTP', http(older, OlderHTTP, '/mcp')),
  tour('client of 2026-07-28 on Streamable HTTP', http(modern, StreamableHTTPClientTransport, '/mcp')),
  tour('sdk on SSE', http(older, OlderEvents, '/sse')),
  tour('client of 2026-07-28 on SSE', http(modern, SSEClientTransport, '/sse')),
]);
process.exitCode = passed.every(Boolean) ? 0 : 1;
