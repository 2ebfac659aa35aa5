// The AI SDK's client subscribes to events (subscriber.mjs) and gets them by its own
// webhook handler, whose signatures the package standardwebhooks verifies as well.
//
//   npm ci && node ai-sdk.mjs papi-mcp serve --sandbox
//
// The server is started with --http on a free port, keys and --callbacks test-loopback.
// It must exit with code 0 on SIGTERM. If a check fails, the exit code is 1.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { serve } from '../clients/server.mjs';
import { connect, followTemplate, memoryStore, webhook } from './subscriber.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node ai-sdk.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
const projectId = '00000000-0000-0000-0000-000000000000';
const insecure = { allowInsecureLocalhost: true };

// listen has a handler of Requests answer HTTP on the loopback. Each body that arrives is
// kept, and verified with the secret that it was subscribed with.
async function listen(store, handle) {
  const bodies = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const raw = Buffer.concat(chunks);
    const url = new URL(incoming.url, `http://${incoming.headers.host}`);
    const { delivery } = await store.get(url.searchParams.get('mcp_event_subscription'));
    const verified = new Webhook(delivery.secret).verify(raw, incoming.headers);
    const response = await handle(new Request(url, { method: incoming.method, headers: incoming.headers, body: raw }));
    bodies.push({ body: verified, headers: incoming.headers, status: response.status });
    server.emit('body');
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { bodies, server, url: `http://127.0.0.1:${server.address().port}/hook` };
}

// until waits until something is so after a body has arrived.
async function until(endpoint, what, is) {
  const signal = AbortSignal.timeout(60_000);
  while (!is()) {
    await once(endpoint.server, 'body', { signal }).catch(() => assert.fail(`${what}: ${JSON.stringify(endpoint.bodies)}`));
  }
}

async function call(tools, name, input) {
  const { structuredContent, isError } = await tools[name].execute(input, { toolCallId: name, messages: [] });
  assert.ok(!isError, JSON.stringify(structuredContent));
  return structuredContent;
}

const createTemplate = (tools, name) => call(tools, 'whatsapp_template_create', {
  name, language: 'EN_US', category: 'MARKETING', details: { components: [{ type: 'BODY', text: `News of the week, ${name}.` }] },
});

async function hearsOfATemplate(server, key) {
  const store = memoryStore();
  const heard = [];
  const endpoint = await listen(store, webhook(store, async event => void heard.push(event)));
  const client = await connect(server, key, store);
  const tools = await client.tools();
  await call(tools, 'project_confirm', { projectId });

  const { events } = await client.experimental_events.list();
  const offered = events.find(({ name }) => name === 'whatsapp.template.status_changed');
  assert.ok(offered?.delivery.includes('webhook'), JSON.stringify(events.map(({ name, delivery }) => [name, delivery])));

  await createTemplate(tools, 'told_of');
  const subscribed = await followTemplate(client, endpoint.url, { templateName: 'told_of', languageCode: 'EN_US' }, insecure);
  assert.match(subscribed.id, /^sub_[0-9a-f]{32}$/);
  assert.ok(subscribed.cursor);
  assert.equal(subscribed.truncated, false);
  const granted = Date.parse(subscribed.refreshBefore) - Date.now();
  assert.ok(granted > 23 * 3600_000 && granted <= 24 * 3600_000, subscribed.refreshBefore);
  assert.deepEqual(endpoint.bodies.map(({ body, status }) => [body.type, status]), [['verification', 200]]);

  await until(endpoint, 'the event', () => heard.length > 0);
  const [{ name, data, eventId, cursor }] = heard;
  assert.equal(name, 'whatsapp.template.status_changed');
  assert.deepEqual([data.state, data.class, data.projectId, data.ids.templateName], ['APPROVED', 'Success', projectId, 'told_of']);
  const { headers } = endpoint.bodies.at(-1);
  assert.equal(headers['webhook-id'], eventId);
  assert.equal(headers['x-mcp-subscription-id'], subscribed.id);

  const refreshed = await client.experimental_events.refresh({ id: subscribed.id });
  assert.equal(refreshed.id, subscribed.id);
  assert.equal(refreshed.deliveryStatus.active, true);
  assert.ok(refreshed.deliveryStatus.lastDeliveryAt);
  assert.equal(refreshed.cursor, cursor);
  assert.deepEqual(endpoint.bodies.filter(({ body }) => body.type).length, 1, 'a refresh needs no other challenge');

  await client.experimental_events.unsubscribe({ id: subscribed.id });
  assert.equal(await store.getById(subscribed.id), undefined);
  await assert.rejects(client.experimental_events.unsubscribe({ id: subscribed.id }));
  await client.close();
  endpoint.server.close();
}

// An endpoint that does not echo the challenge gets nothing else.
async function hearsNothingWithoutEcho(server, key) {
  const store = memoryStore();
  const endpoint = await listen(store, async () => Response.json({ challenge: 'no' }));
  const client = await connect(server, key, store);
  const tools = await client.tools();
  await call(tools, 'project_confirm', { projectId });
  const refused = await followTemplate(client, endpoint.url, {}, insecure).then(() => assert.fail('it was subscribed'), error => error);
  assert.equal(refused.code, -32027, refused.stack);
  assert.equal(refused.data.reason, 'challenge_failed');

  // Another subscriber hears of a template that this one would have heard of.
  const others = memoryStore();
  const other = await listen(others, webhook(others, async () => {}));
  const second = await connect(server, key, others);
  await createTemplate(tools, 'not_told_of');
  await followTemplate(second, other.url, {}, insecure);
  await until(other, 'the event of the other subscriber', () => other.bodies.some(({ body }) => body.eventId));
  assert.deepEqual(endpoint.bodies.map(({ body }) => body.type), ['verification']);
  for (const one of [client, second]) await one.close();
  for (const one of [endpoint, other]) one.server.close();
}

const folder = await mkdtemp(join(tmpdir(), 'papi-mcp-events-'));
let failed = false;
try {
  const { stdout } = spawnSync(command, ['config', 'key'], { encoding: 'utf8' });
  const [key] = stdout.match(/pmk_\w+/);
  const [hash] = stdout.match(/sha256:[0-9a-f]{64}/);
  const file = join(folder, 'papi-mcp.yaml');
  await writeFile(file, `auth: token\nkeys:\n  agent: {hashes: ["${hash}"], projects: all, toolsets: all, read-only: false}\n`, { mode: 0o600 });
  // The review of a template takes 150 seconds of the sandbox's time.
  const { url, stop } = await serve(command, [...args, '--seed-data', 'shop', '--speed', '30', '--config', file, '--callbacks', 'test-loopback']);
  for (const check of [hearsOfATemplate, hearsNothingWithoutEcho]) {
    try {
      await check(url.href, key);
      console.log(`ok      ai-sdk: ${check.name}`);
    } catch (error) {
      failed = true;
      console.log(`FAILED  ai-sdk: ${check.name}: ${error.stack ?? error}`);
    }
  }
  await stop();
} finally {
  await rm(folder, { recursive: true });
}
process.exit(failed ? 1 : 0);
