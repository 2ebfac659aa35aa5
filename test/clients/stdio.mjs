// Real clients against the server on stdio: the TypeScript SDK's two clients,
// which speak the older protocols and 2026-07-28, and one without elicitation.
// Each lists the tools and creates, reads and deletes a webhook.
//
//   npm ci && node stdio.mjs [NAME=VALUE...] papi-mcp serve --sandbox
//
// The variables are those that a client is configured with: it passes on few of its own.
// If a tour fails, the exit code is 1. The command is started once for each client,
// and should store nothing in between.

import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Person, confirmsByElicitation, confirmsByToken, modernClient, olderClient, run } from './tours.mjs';

const given = process.argv.slice(2);
const count = given.findIndex(argument => !/^[A-Z_]+=/.test(argument));
const env = Object.fromEntries(given.slice(0, count).map(argument => argument.split(/=(.*)/s).slice(0, 2)));
const [command, ...args] = given.slice(count);
if (!command || count < 0) {
  console.error('usage: node stdio.mjs [NAME=VALUE...] COMMAND [ARGUMENT...]');
  process.exit(2);
}

const older = person => [olderClient(person), new OlderTransport({ command, args, env, stderr: 'inherit' })];
const modern = person => [modernClient(person), new StdioClientTransport({ command, args, env, stderr: 'inherit' })];

await run([
  ['sdk, with elicitation', older, new Person(), confirmsByElicitation],
  ['sdk, without elicitation', older, undefined, confirmsByToken],
  ['client of 2026-07-28, with elicitation', modern, new Person(), confirmsByElicitation],
]);
