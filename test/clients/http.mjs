// Real clients against the server over HTTP: the TypeScript SDK's two clients,
// which speak the older protocols and 2026-07-28, on Streamable HTTP and on
// HTTP+SSE. Each makes the tour of tours.mjs.
//
//   npm ci && node http.mjs papi-mcp serve --sandbox
//
// The command is started once for each tour, with --http on a free port, and
// must end in good order when it is told to. Exit code 1 and a message tell the
// first thing that came out otherwise.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport as OlderEvents } from '@modelcontextprotocol/sdk/client/sse.js';
import { SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Person, asks, isGivenTokens, modernClient, olderClient, run } from './tours.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node http.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}

// serve starts the server and returns its URL and how to stop it.
async function serve() {
  const server = spawn(command, [...args, '--http', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  const [url] = await once(createInterface({ input: server.stdout }), 'line');
  return {
    url: new URL(url),
    async stop() {
      server.kill('SIGTERM');
      const [code] = await ended;
      assert.equal(code, 0, 'the server did not end in good order');
    },
  };
}

// on returns how to open a client on a transport of a server of its own.
const on = (make, Transport, path) => async person => {
  const { url, stop } = await serve();
  return [make(person), new Transport(new URL(path, url)), stop];
};

await run([
  ['sdk on Streamable HTTP, which asks', on(olderClient, OlderTransport, '/mcp'), new Person(), asks],
  ['sdk on Streamable HTTP, which can not ask', on(olderClient, OlderTransport, '/mcp'), undefined, isGivenTokens],
  ['sdk on SSE, which asks', on(olderClient, OlderEvents, '/sse'), new Person(), asks],
  ['sdk on SSE, which can not ask', on(olderClient, OlderEvents, '/sse'), undefined, isGivenTokens],
  ['client of 2026-07-28 on Streamable HTTP, which asks', on(modernClient, StreamableHTTPClientTransport, '/mcp'), new Person(), asks],
  ['client of 2026-07-28 on SSE, which asks', on(modernClient, SSEClientTransport, '/sse'), new Person(), asks],
]);
