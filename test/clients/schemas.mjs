// The tools as strict clients see them. Each schema compiles with a strict Ajv (JSON
// Schema 2020-12 and its standard formats, no vendor keywords or formats, and nothing
// that the older draft 7 lacks, which some clients use), is in Gemini's subset, and
// stays open in the strict conversion of OpenAI's agents where the tool takes
// arguments that the list does not name. A client that does not know a keyword refuses
// the tool, or all tools.
//
//   npm ci && node schemas.mjs papi-mcp serve --sandbox
//
// The command is started with and without a default project, with the deprecated
// tools, read-only, and with --dynamic.

import assert from 'node:assert/strict';
import Ajv7 from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { geminiProblems } from './gemini.mjs';
import { closes } from './strict.mjs';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node schemas.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}

const project = '00000000-0000-0000-0000-000000000000';
const { SINCH_PROJECT_ID: _, ...env } = process.env;
const withProject = { ...env, SINCH_PROJECT_ID: project };
// The sandbox has its own default project.
const servers = [
  ['a default project', args, withProject],
  ['no default project', args.filter(argument => argument !== '--sandbox'), env],
  ['the deprecated tools', [...args, '--toolsets', 'all', '--deprecated'], env],
  ['only reads', [...args, '--read-only'], env],
  ['--dynamic', [...args, '--dynamic'], withProject],
];

async function listOf(client) {
  const tools = [];
  let cursor;
  do {
    const page = await client.listTools(cursor ? { cursor } : {});
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor);
  return tools;
}

// ajvProblems returns the errors of a strict Ajv, and its warnings.
function ajvProblems(schema) {
  const problems = [];
  const logger = { log() {}, warn: text => problems.push(text), error: text => problems.push(text) };
  for (const Ajv of [Ajv2020, Ajv7]) {
    try {
      const ajv = new Ajv({ strict: true, logger });
      addFormats(ajv);
      ajv.compile(schema);
    } catch (error) {
      problems.push(error.message);
    }
  }
  return problems;
}

// hidesArguments reports whether a tool that strict function calling closes takes an
// argument that its list does not name.
async function hidesArguments(client, tool) {
  if (!closes(tool)) return false;
  const { structuredContent } = await client.callTool({ name: tool.name, arguments: { notListed: true } });
  return structuredContent.errorCode !== 'invalid_arguments' || !JSON.stringify(structuredContent).includes('notListed');
}

for (const [name, args, env] of servers) {
  const client = new Client({ name: 'papi-mcp-test', version: '1.0.0' }, { capabilities: {} });
  await client.connect(new StdioClientTransport({ command, args, env, stderr: 'inherit' }));
  const tools = await listOf(client);
  const byName = new Map(tools.map(tool => [tool.name, tool]));

  const wrong = [];
  for (const tool of tools) {
    const problems = [...ajvProblems(tool.inputSchema), ...geminiProblems(tool.inputSchema)];
    if (tool.outputSchema) problems.push(...ajvProblems(tool.outputSchema));
    if (await hidesArguments(client, tool)) problems.push('strict function calling closes it, and it takes arguments that are not listed');
    wrong.push(...problems.map(text => `${tool.name}: ${text}`));
  }
  assert.deepEqual(wrong, [], name);

  if (name === '--dynamic') {
    for (const needed of ['tool_find', 'tool_call_read', 'tool_call_write']) assert.ok(byName.has(needed), `${name}: no ${needed}`);
  } else {
    const { required = [] } = byName.get('webhook_get').inputSchema;
    assert.equal(required.includes('projectId'), name === 'no default project', `${name}: webhook_get requires ${required}`);
    // Each of them takes fields, detail and others that are not listed.
    const closed = tools.filter(tool => /^(webhook|whatsapp|rcs|kakaotalk|conversation|sms|bundle)_/.test(tool.name) && closes(tool));
    assert.deepEqual(closed.map(tool => tool.name), [], `${name}: closed by strict function calling`);
  }
  await client.close();
  console.log(`ok   schemas with ${name}: ${tools.length} tools`);
}
