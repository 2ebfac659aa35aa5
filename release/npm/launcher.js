#!/usr/bin/env node
// Starts the program of this platform, which is in an optional dependency: npm installs only
// the one whose "os" and "cpu" match. The program inherits standard input and output, so it
// sees the end of its input, and so ends, even where this process was killed.
'use strict';

const { spawn } = require('node:child_process');
const { name, version, homepage, optionalDependencies } = require('./package.json');

const platform = `${process.platform}-${process.arch}`;
const packages = Object.keys(optionalDependencies);

function program(packageName) {
  try {
    return require.resolve(`${packageName}/bin/papi-mcp${packageName.includes('-win32-') ? '.exe' : ''}`);
  } catch {
    return undefined;
  }
}

function fail(message) {
  console.error(`papi-mcp: ${message}`);
  process.exit(1);
}

const wanted = `${name}-${platform}`;
if (!packages.includes(wanted)) {
  const known = packages.map(other => other.slice(name.length + 1)).join(', ');
  fail(`there is no program for ${platform}, only for ${known}. Build it from source: ${homepage}`);
}

const file = program(wanted);
if (!file) {
  const other = packages.find(program);
  fail(other
    ? `${other} is installed, and this Node.js is for ${platform} (on a Mac, one for Intel may run under Rosetta). ` +
      `Use the Node.js that installed it, or install ${name} again with this one`
    : `the package ${wanted} is missing. It is an optional dependency: install ${name} again, without --omit=optional`);
}

// "papi-mcp init" writes this package into a client's configuration, and not the path of
// the program, since the cache of npx does not stay.
const child = spawn(file, process.argv.slice(2), {
  stdio: 'inherit',
  env: { ...process.env, PAPI_NPM_PACKAGE: `${name}@${version}` },
});
child.on('error', err => fail(`${file} can't be started: ${err.message}`));

// A client may signal this process alone. On Windows the console sends Ctrl-C to both, and
// kill would end the program without its orderly stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (process.platform !== 'win32') child.kill(signal);
  });
}

// npx starts this process by a shell and signals the shell alone, which then ends in some
// systems and leaves this process behind.
if (process.env.npm_command === 'exec' && process.platform !== 'win32') {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 500);
}

child.on('exit', (code, signal) => {
  if (!signal) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
