// MCP Inspector's CLI against the server, on stdio and on Streamable HTTP: it
// lists tools, prompts and resources, gets a prompt, reads a resource and calls a
// tool. Of the tools' schemas it has nothing to report.
//
//   npm ci && node inspector.mjs papi-mcp serve --sandbox
//
// On the first failure it exits with code 1 and a message.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node inspector.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
const cli = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', import.meta.url));

const named = (things, name, key = 'name') => assert.ok(things.some(thing => thing[key] === name), `no ${name}`);

// tour makes requests to a target: a command with its arguments, or flags that
// name a server.
let requests = 0;
function tour(target) {
  const inspect = (method, ...options) => {
    requests++;
    return JSON.parse(execFileSync(cli, ['--cli', ...target, '--method', method, ...options], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  };

  named(inspect('tools/list').tools, 'whatsapp_sender_create');
  named(inspect('prompts/list').prompts, 'onboard_whatsapp_sender');
  named(inspect('resources/list').resources, 'papi://guides/whatsapp', 'uri');
  named(inspect('resources/templates/list').resourceTemplates, 'papi://schemas/{tool}', 'uriTemplate');
  assert.match(inspect('resources/read', '--uri', 'papi://triggers').contents[0].text, /\d+ triggers/);
  assert.match(inspect('prompts/get', '--prompt-name', 'create_bundle', '--prompt-args', 'name=Example', 'region=EU').messages[0].content.text, /bundle Example in region EU/);
  assert.deepEqual(inspect('tools/call', '--tool-name', 'webhook_list').structuredContent.data, { cols: [], rows: [] });
}

// hasPortableSchemas checks that the Inspector finds no problem in a schema: it reports
// them on stderr, and exits with 0 even so.
function hasPortableSchemas(target) {
  requests++;
  const { status, stderr } = spawnSync(cli, ['--cli', ...target, '--method', 'tools/list', '--strict'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(stderr, '', 'tools/list --strict');
  assert.equal(status, 0, 'tools/list --strict');
}

tour([command, ...args]);
hasPortableSchemas([command, ...args]);
const server = spawn(command, [...args, '--http', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(server, 'exit');
try {
  const [url] = await once(createInterface({ input: server.stdout }), 'line');
  tour([url, '--transport', 'http']);
  hasPortableSchemas([url, '--transport', 'http']);
} finally {
  server.kill('SIGTERM');
  await ended;
}
console.log(`${requests} passed, 0 failed`);
