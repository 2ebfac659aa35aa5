// Real clients hear of the API's events: the TypeScript SDK's two clients, which speak the
// older protocols and 2026-07-28, over Streamable HTTP and HTTP+SSE. Each has a project's
// events sent to its server, subscribes to papi://events, submits a template, is notified of
// the signed webhooks that the sandbox delivers, lists and reads them, waits for the
// template, and deletes the webhook.
//
//   npm ci && node events.mjs papi-mcp serve --sandbox
//
// If one fails, the exit code is 1.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { StreamableHTTPClientTransport as OlderHTTP } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport as OlderEvents } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { serve } from './server.mjs';
import { Person, modernClient, olderClient } from './tours.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node events.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
const projectId = '00000000-0000-0000-0000-000000000000';
const uri = 'papi://events';

// freeAddress returns an address that is free now: the public URL has to be known before.
async function freeAddress() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return `127.0.0.1:${port}`;
}

// updates counts the notifications of papi://events.
class Updates {
  count = 0;
  #waiting = [];
  add({ params }) {
    assert.equal(params.uri, uri);
    this.count++;
    for (const wake of this.#waiting.splice(0)) wake();
  }
  async next() {
    const before = this.count;
    const late = AbortSignal.timeout(20_000);
    while (this.count === before) {
      await new Promise((wake, fail) => {
        this.#waiting.push(wake);
        late.addEventListener('abort', () => fail(new Error('no notification of papi://events')), { once: true });
      });
    }
  }
}

const older = updates => {
  const client = olderClient();
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, n => updates.add(n));
  const unsubscribe = () => client.unsubscribeResource({ uri });
  return [client, async () => { await client.subscribeResource({ uri }); return unsubscribe; }];
};
const modern = updates => {
  const person = new Person();
  person.answer = 'accept';
  const client = modernClient(person);
  client.setNotificationHandler('notifications/resources/updated', n => updates.add(n));
  return [client, async () => {
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    return () => subscription.close();
  }];
};

const records = ({ cols, rows }) => rows.map(row => Object.fromEntries(cols.map((name, i) => [name, row[i]])));

async function tour(name, make, Transport, path) {
  const address = await freeAddress();
  const { url, stop } = await serve(command, [...args, '--confirm', 'off', '--speed', '60', '--seed-data', 'shop', '--public-url', `http://${address}`], 'inherit', address);
  const updates = new Updates();
  const [client, subscribe] = make(updates);
  const call = async (tool, toolArguments) => {
    const result = await client.callTool({ name: tool, arguments: toolArguments });
    assert.ok(!result.isError, JSON.stringify(result.structuredContent));
    return result.structuredContent;
  };
  try {
    await client.connect(new Transport(new URL(path, url)));
    await call('project_confirm', { projectId });
    const { ids: { webhookId }, data: { target } } = await call('event_subscribe', {});
    assert.match(target, new RegExp(`^http://${address}/events/[A-Z2-7]{26}$`));
    const unsubscribe = await subscribe();
    const notified = updates.next();
    const { cursor } = await call('event_list', {});
    const { next } = await call('whatsapp_template_create', {
      name: 'heard_of', language: 'EN_US', category: 'MARKETING',
      details: { components: [{ type: 'BODY', text: 'News of the week.' }] },
    });
    const wait = await call('wait', { ...next.find(({ tool }) => tool === 'wait').args, timeoutSeconds: 20 });
    assert.equal(wait.settled, true, JSON.stringify(wait));
    await notified;
    let data;
    for (let found = false; !found;) { // the event may be on its way
      const another = updates.next();
      another.catch(() => {}); // which is awaited only where the event is still missing
      ({ data } = await call('event_list', { cursor }));
      found = records(data).some(({ type, ids }) => type === 'WHATSAPP_TEMPLATE_APPROVED' && ids?.templateName === 'heard_of');
      if (!found) await another;
    }
    const { contents: [{ text }] } = await client.readResource({ uri });
    assert.match(text, /WHATSAPP_TEMPLATE_APPROVED/);
    assert.doesNotMatch(JSON.stringify([data, text]), /secret/);
    await unsubscribe();
    await call('webhook_delete', { webhookId });
    const forged = await fetch(target, { method: 'POST', body: '{}' });
    assert.equal(forged.status, 401);
    console.log(`ok      ${name}`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${name}: ${error.stack ?? error}`);
    return false;
  } finally {
    await client.close();
    await stop();
  }
}

const passed = await Promise.all([
  tour('sdk on Streamable HTTP', older, OlderHTTP, '/mcp'),
  tour('sdk on SSE', older, OlderEvents, '/sse'),
  tour('client of 2026-07-28 on Streamable HTTP', modern, StreamableHTTPClientTransport, '/mcp'),
]);
process.exitCode = passed.every(Boolean) ? 0 : 1;
