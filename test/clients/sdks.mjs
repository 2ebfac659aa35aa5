// The programs on the pages of docs/clients, as they stand there, against the server on
// stdio and over HTTP: LangChain, the OpenAI Agents SDK and the AI SDK; and mcp-remote,
// which connects a client on stdio to a server over HTTP. Each lists the tools, reads,
// and deletes a webhook, which it must confirm with a token. Over HTTP the server wants
// the key of the page.
//
//   npm ci && node sdks.mjs papi-mcp serve --sandbox
//
// If one fails, the exit code is 1.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { serve } from './server.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node sdks.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
const projectId = '00000000-0000-0000-0000-000000000000';
const folder = await mkdtemp(fileURLToPath(new URL('node_modules/.papi-', import.meta.url))); // where the packages are found

// Callers over HTTP need the key that the pages take from PAPI_KEY.
const [, key, hash] = execFileSync(command, ['config', 'key'], { encoding: 'utf8' }).match(/^key: +(\S+)\nhash: +(\S+)/);
process.env.PAPI_KEY = key;
const config = `${folder}/papi-mcp.yaml`;
await writeFile(config, `auth: token\nkeys:\n  sdk: {hashes: [${hash}], projects: all, toolsets: all, read-only: false}\n`);
const serveWithKey = () => serve(command, [...args, '--config', config]);

// Each returns the text of a call's result, whether or not it is an error.
const calls = {
  langchain: ({ tools }) => async (name, toolArguments) => {
    try {
      return (await tools.find(tool => tool.name === name).invoke(toolArguments)).text;
    } catch (error) {
      return error.message.slice(error.message.indexOf('{'));
    }
  },
  'openai-agents': ({ client }) => async (name, toolArguments) => (await client.callTool(name, toolArguments))[0].text,
  'ai-sdk': ({ tools }) => async (name, toolArguments) =>
    (await tools.find(tool => tool.name === name).execute(toolArguments, { toolCallId: '1', messages: [] })).content[0].text,
};

// programs returns the blocks of a page, in their order: stdio, HTTP.
async function programs(page) {
  const text = await readFile(new URL(`../../docs/clients/${page}.md`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(match => match[1]);
  assert.equal(blocks.length, 2, `${page}: blocks`);
  return blocks;
}

// replaced fails where a text does not have what is to be replaced.
function replaced(text, from, to) {
  assert.ok(text.includes(from), `no ${from} in\n${text}`);
  return text.replace(from, to);
}

async function started(name, program) {
  const file = `${folder}/${name}.mjs`;
  await writeFile(file, program);
  return import(pathToFileURL(file));
}

async function tour(tools, call) {
  const names = tools.map(tool => tool.name);
  assert.ok(names.includes('webhook_delete') && names.includes('project_confirm'), `tools: ${names}`);
  await call('project_confirm', { projectId });
  const made = JSON.parse(await call('webhook_create', { target: 'https://example.com/events', secret: 'sixteen-or-more-signs', triggers: ['WHATSAPP_SENDER_ACTIVE'] }));
  const { webhookId } = made.ids;
  assert.match(await call('webhook_list', {}), new RegExp(webhookId));
  const refused = JSON.parse(await call('webhook_delete', { webhookId }));
  assert.equal(refused.errorCode, 'confirmation_required');
  const deleted = JSON.parse(await call('webhook_delete', { webhookId, confirm: refused.confirmation.token }));
  assert.equal(deleted.done, 'deleted', JSON.stringify(deleted));
  assert.doesNotMatch(await call('webhook_list', {}), new RegExp(webhookId));
}

let failures = 0;
async function run(name, make) {
  let stop = () => {};
  try {
    const [tools, call, close] = await make(then => { stop = then; });
    await tour(tools, call);
    await close();
    console.log(`ok   ${name}`);
  } catch (error) {
    failures++;
    console.log(`FAIL ${name}\n${error.stack}`);
  } finally {
    await stop();
  }
}

for (const page of Object.keys(calls)) {
  const [stdio, http] = await programs(page);
  const ready = module => [module.tools, calls[page](module), () => module.client.close()];
  await run(`${page} on stdio`, async () => {
    const program = replaced(stdio, '"/usr/local/bin/papi-mcp"', JSON.stringify(command));
    return ready(await started(`${page}-stdio`, replaced(program, '["serve"]', JSON.stringify(args))));
  });
  await run(`${page} over HTTP`, async stopping => {
    const { url, stop } = await serveWithKey();
    stopping(stop);
    return ready(await started(`${page}-http`, replaced(http, 'https://papi.example.com/mcp', new URL('/mcp', url))));
  });
}

await run('mcp-remote', async stopping => {
  const { url, stop } = await serveWithKey();
  const remote = fileURLToPath(new URL('node_modules/mcp-remote/dist/proxy.js', import.meta.url));
  const client = new Client({ name: 'papi-mcp-test', version: '1.0.0' });
  stopping(stop);
  await client.connect(new StdioClientTransport({
    command: process.execPath, args: [remote, String(new URL('/mcp', url)), '--header', 'Authorization: Bearer ${PAPI_KEY}'],
    env: { ...process.env, MCP_REMOTE_CONFIG_DIR: folder }, stderr: 'ignore',
  }));
  const { tools } = await client.listTools();
  return [tools, async (name, toolArguments) => (await client.callTool({ name, arguments: toolArguments })).content[0].text, () => client.close()];
});

await rm(folder, { recursive: true });
process.exit(failures > 0 ? 1 : 0);
