// Real clients against the server over HTTP: the TypeScript SDK's two clients,
// which speak the older protocols and 2026-07-28, on Streamable HTTP and on
// HTTP+SSE. Each runs a tour of tours.mjs.
//
//   npm ci && node http.mjs papi-mcp serve --sandbox
//
// The command is started once for each tour, with --http on a free port, and must
// exit with code 0 on SIGTERM. If a tour fails, the exit code is 1.

import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport as OlderEvents } from '@modelcontextprotocol/sdk/client/sse.js';
import { SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { serve } from './server.mjs';
import { Person, confirmsByElicitation, confirmsByToken, modernClient, olderClient, run } from './tours.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node http.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}

// on returns a function that connects a client to a new server by a transport.
const on = (make, Transport, path) => async person => {
  const { url, stop } = await serve(command, args);
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
