// Real clients against the server over HTTP: the TypeScript SDK's two clients,
// which speak the older protocols and 2026-07-28, on Streamable HTTP and on
// HTTP+SSE. Each runs a tour of tours.mjs.
//
//   npm ci && node http.mjs papi-mcp serve --sandbox
//
// The command is started once for each tour, with --http on a free port, and must
// exit with code 0 on SIGTERM. If a tour fails, the exit code is 1.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport as OlderEvents } from '@modelcontextprotocol/sdk/client/sse.js';
import { SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Person, confirmsByElicitation, confirmsByToken, modernClient, olderClient, run } from './tours.mjs';

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
      assert.equal(code, 0, 'the exit code of the server');
    },
  };
}

// on returns a function that connects a client to a new server by a transport.
const on = (make, Transport, path) => async person => {
  const { url, stop } = await serve();
  return [make(person), new Transport(new URL(path, url)), stop];
};

await run([
  ['sdk on Streamable HTTP, with elicitation', on(olderClient, OlderTransport, '/mcp'), new Person(), confirmsByElicitation],
  ['sdk on Streamable HTTP, without elicitation', on(olderClient, OlderTransport, '/mcp'), undefined, confirmsByToken],
  ['sdk on SSE, with elicitation', on(olderClient, OlderEvents, '/sse'), new Person(), confirmsByElicitation],
  ['sdk on SSE, without elicitation', on(olderClient, OlderEvents, '/sse'), undefined, confirmsByToken],
  ['client of 2026-07-28 on Streamable HTTP, with elicitation', on(modernClient, StreamableHTTPClientTransport, '/mcp'), new Person(), confirmsByElicitation],
  ['client of 2026-07-28 on SSE, with elicitation', on(modernClient, SSEClientTransport, '/sse'), new Person(), confirmsByElicitation],
]);
