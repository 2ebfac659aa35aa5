// MCP Inspector's CLI against the server: it lists what there is, gets a prompt,
// reads a resource and makes a call.
//
//   npm ci && node inspector.mjs papi-mcp serve --sandbox
//
// What stands behind the command's name is given to the Inspector as it is: a
// command with its arguments, or the URL of a server. Exit code 1 and a message
// tell the first thing that came out otherwise.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const target = process.argv.slice(2);
if (target.length === 0) {
  console.error('usage: node inspector.mjs COMMAND [ARGUMENT...] | URL');
  process.exit(2);
}
const cli = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', import.meta.url));

const inspect = (method, ...options) =>
  JSON.parse(execFileSync(cli, ['--cli', ...target, '--method', method, ...options], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));

const named = (things, name, key = 'name') => assert.ok(things.some(thing => thing[key] === name), `no ${name}`);

named(inspect('tools/list').tools, 'whatsapp_sender_create');
named(inspect('prompts/list').prompts, 'onboard_whatsapp_sender');
named(inspect('resources/list').resources, 'papi://guides/whatsapp', 'uri');
named(inspect('resources/templates/list').resourceTemplates, 'papi://schemas/{tool}', 'uriTemplate');
assert.match(inspect('resources/read', '--uri', 'papi://triggers').contents[0].text, /39 triggers/);
assert.match(inspect('prompts/get', '--prompt-name', 'create_bundle', '--prompt-args', 'name=Example', 'region=EU').messages[0].content.text, /bundle Example in region EU/);
assert.equal(inspect('tools/call', '--tool-name', 'webhook_list').structuredContent.tool, 'webhook_list');
console.log('7 passed, 0 failed');
