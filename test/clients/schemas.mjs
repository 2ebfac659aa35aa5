// Compiles every schema that the server advertises with a strict Ajv: JSON Schema
// 2020-12 and its standard formats, no vendor keywords or formats, and nothing that
// the older draft 7 lacks, which some clients use. A client that does not know a
// keyword refuses the tool, or all tools.
//
//   npm ci && node schemas.mjs papi-mcp serve --sandbox
//
// The command is started with and without a default project, with the deprecated
// tools, and read-only.

import assert from 'node:assert/strict';
import Ajv7 from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node schemas.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}

const project = '00000000-0000-0000-0000-000000000000';
const { SINCH_PROJECT_ID: _, ...env } = process.env;
// The sandbox has its own default project.
const servers = [
  ['a default project', args, { ...env, SINCH_PROJECT_ID: project }],
  ['no default project', args.filter(argument => argument !== '--sandbox'), env],
  ['the deprecated tools', [...args, '--toolsets', 'all', '--deprecated'], env],
  ['only reads', [...args, '--read-only'], env],
];

// Warnings of a strict Ajv are failures here.
const complaints = [];
const logger = { log() {}, warn: text => complaints.push(text), error: text => complaints.push(text) };

for (const [name, args, env] of servers) {
  const client = new Client({ name: 'papi-mcp-test', version: '1.0.0' }, { capabilities: {} });
  await client.connect(new StdioClientTransport({ command, args, env, stderr: 'inherit' }));
  const tools = [];
  let cursor;
  do {
    const page = await client.listTools(cursor ? { cursor } : {});
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor);
  await client.close();
  assert.ok(tools.some(tool => tool.name === 'webhook_list'), `${name}: no webhook_list`);

  const { required } = tools.find(tool => tool.name === 'webhook_get').inputSchema;
  assert.equal(required.includes('projectId'), name === 'no default project', `${name}: webhook_get requires ${required}`);

  const wrong = [];
  for (const tool of tools) {
    for (const schema of [tool.inputSchema, tool.outputSchema]) {
      if (!schema) continue;
      for (const Ajv of [Ajv2020, Ajv7]) {
        complaints.length = 0;
        try {
          const ajv = new Ajv({ strict: true, logger });
          addFormats(ajv);
          ajv.compile(schema);
        } catch (error) {
          complaints.push(error.message);
        }
        wrong.push(...complaints.map(text => `${tool.name}: ${text}`));
      }
    }
  }
  assert.deepEqual(wrong, [], name);
  console.log(`ok   schemas with ${name}: ${tools.length} tools compile`);
}
