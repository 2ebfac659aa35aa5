// Real clients against the server on stdio: the TypeScript SDK's two clients,
// which speak the older protocols and 2026-07-28, and one that can't ask its
// person. Each lists the tools and makes, reads and deletes a webhook.
//
//   npm ci && node stdio.mjs papi-mcp serve --sandbox
//
// Exit code 1 and a message tell the first thing that came out otherwise. The
// command is started once for each client, and should keep nothing between.

import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Person, asks, isGivenTokens, modernClient, olderClient, run } from './tours.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node stdio.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}

const older = person => [olderClient(person), new OlderTransport({ command, args, stderr: 'inherit' })];
const modern = person => [modernClient(person), new StdioClientTransport({ command, args, stderr: 'inherit' })];

await run([
  ['sdk, which asks', older, new Person(), asks],
  ['sdk, which can not ask', older, undefined, isGivenTokens],
  ['client of 2026-07-28, which asks', modern, new Person(), asks],
]);
