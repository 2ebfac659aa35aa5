// A server over HTTP, for tests.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

// serve starts the server on an address, by default on a free port, and returns its URL, the stream of its log
// unless that is inherited, and how to stop it: it must exit with code 0 on SIGTERM.
export async function serve(command, args, stderr = 'inherit', address = '127.0.0.1:0') {
  const server = spawn(command, [...args, '--http', address], { stdio: ['ignore', 'pipe', stderr] });
  const ended = once(server, 'exit');
  const [url] = await once(createInterface({ input: server.stdout }), 'line');
  return {
    url: new URL(url),
    log: server.stderr,
    async stop() {
      server.kill('SIGTERM');
      const [code] = await ended;
      assert.equal(code, 0, 'the exit code of the server');
    },
  };
}
