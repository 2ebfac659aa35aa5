// Tests of launcher.js: node --test release/npm/launcher.test.mjs
//
// The program that it starts is Node.js itself, whose arguments are what it does.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const windows = process.platform === 'win32';
const here = `${process.platform}-${process.arch}`;
const other = here === 'darwin-arm64' ? 'darwin-x64' : 'darwin-arm64';
const folders = [];
after(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })));

// install returns the path of the launcher in a folder with the programs of some platforms,
// of those that the package has.
function install(installed, has = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64']) {
  const root = mkdtempSync(join(tmpdir(), 'launcher-'));
  folders.push(root);
  const main = join(root, 'node_modules', '@a-scope', 'papi-mcp');
  mkdirSync(main, { recursive: true });
  cpSync(fileURLToPath(new URL('launcher.js', import.meta.url)), join(main, 'launcher.js'));
  writeFileSync(join(main, 'package.json'), JSON.stringify({
    name: '@a-scope/papi-mcp', version: '1.2.3', homepage: 'https://example.com/source',
    optionalDependencies: Object.fromEntries(has.map(platform => [`@a-scope/papi-mcp-${platform}`, '1.2.3'])),
  }));
  for (const platform of installed) {
    const folder = join(`${main}-${platform}`, 'bin');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, platform.startsWith('win32') ? 'papi-mcp.exe' : 'papi-mcp');
    windows ? copyFileSync(process.execPath, file) : symlinkSync(process.execPath, file);
  }
  return join(main, 'launcher.js');
}

// start starts a launcher. ended has how it ended, once its output is closed: no process
// that inherited it is left then.
function start(launcher, ...args) {
  return watched(spawn(process.execPath, [launcher, ...args], { stdio: 'pipe' }));
}

function watched(child) {
  let out = '', err = '', seen = () => {};
  child.stdout.on('data', data => { out += data; seen(); });
  child.stderr.on('data', data => { err += data; });
  return {
    child,
    ended: new Promise(done => child.on('close', (code, signal) => done({ code, signal, out, err }))),
    printed: text => new Promise(done => { (seen = () => out.includes(text) && done())(); }),
  };
}

const run = (launcher, ...args) => {
  const { child, ended } = start(launcher, ...args);
  child.stdin.end();
  return ended;
};

test('arguments, output and exit code are those of the program', async () => {
  const got = await run(install([here]), '-e', 'console.log(process.argv.slice(1)); console.error("log"); process.exit(7)', 'a b', '$HOME');
  assert.deepEqual(got, { code: 7, signal: null, out: "[ 'a b', '$HOME' ]\n", err: 'log\n' });
});

test('the program learns which package started it', async () => {
  assert.equal((await run(install([here]), '-p', 'process.env.PAPI_NPM_PACKAGE')).out, '@a-scope/papi-mcp@1.2.3\n');
});

test('the program gets the input, and its end', async () => {
  const { child, ended } = start(install([here]), '-e', 'process.stdin.on("end", () => process.exit(3)).pipe(process.stdout)');
  child.stdin.end('a line\n');
  const { code, out } = await ended;
  assert.deepEqual([code, out], [3, 'a line\n']);
});

const waiting = 'setInterval(() => {}, 1e6); console.log("ready")';

test('a signal reaches the program, which ends in its own way', { skip: windows && 'Windows has no signals' }, async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    const { child, ended, printed } = start(install([here]), '-e', `process.on("${signal}", () => { console.log("stopped"); process.exit(5); }); ${waiting}`);
    await printed('ready');
    child.kill(signal);
    const { code, out } = await ended;
    assert.deepEqual([code, out], [5, 'ready\nstopped\n'], signal);
  }
});

test('a program that ends by a signal', { skip: windows && 'Windows has no signals' }, async () => {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const got = await run(install([here]), '-e', `process.kill(process.pid, "${signal}"); ${waiting}`);
    assert.deepEqual([got.code, got.signal], [null, signal]);
  }
});

test('a launcher that is killed leaves no program whose input has ended', async () => {
  const { child, ended, printed } = start(install([here]), '-e', `process.stdin.on("end", () => process.exit()).resume(); ${waiting}`);
  await printed('ready');
  child.kill('SIGKILL');
  child.stdin.end();
  await ended;
});

test('the shell of npx is killed', { skip: windows && 'Windows has no signals' }, async () => {
  const { child, ended, printed } = watched(spawn('sh', ['-c', '"$0" "$@"; exit', process.execPath, install([here]),
    '-e', `process.on("SIGTERM", () => { console.log("stopped"); process.exit(); }); ${waiting}`],
  { stdio: 'pipe', env: { ...process.env, npm_command: 'exec' } }));
  await printed('ready');
  child.kill('SIGTERM');
  assert.equal((await ended).out, 'ready\nstopped\n');
});

test('a platform that there is no program for', async () => {
  const got = await run(install([other], [other]));
  assert.equal(got.code, 1);
  assert.match(got.err, new RegExp(`^papi-mcp: there is no program for ${here}, only for ${other}\\. .*https://example\\.com/source\n$`));
});

test('the package of the platform is missing', async () => {
  const got = await run(install([]));
  assert.equal(got.code, 1);
  assert.match(got.err, new RegExp(`^papi-mcp: the package @a-scope/papi-mcp-${here} is missing\\. .* without --omit=optional\n$`));
});

test('the package of another platform is installed', async () => {
  const got = await run(install([other]));
  assert.equal(got.code, 1);
  assert.match(got.err, new RegExp(`^papi-mcp: @a-scope/papi-mcp-${other} is installed, and this Node\\.js is for ${here} .*Rosetta`));
});

test('a program that can not be started', { skip: windows && 'Windows has no mode' }, async () => {
  const launcher = install([]);
  const folder = join(launcher, '..', '..', `papi-mcp-${here}`, 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'papi-mcp'), 'text', { mode: 0o644 });
  const got = await run(launcher);
  assert.equal(got.code, 1);
  assert.match(got.err, /^papi-mcp: .* can't be started: .*EACCES/);
});
