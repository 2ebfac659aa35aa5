// The skill over MCP (SEP-2640), on stdio: the TypeScript SDK's client lists it, reads
// all of its files and verifies their digests, in an older protocol and in 2026-07-28.
// MCP Inspector does the same in an older one.
//
//   npm ci && node skills.mjs papi-mcp serve --sandbox
//
// On the first failure it exits with code 1 and a message.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [command, ...args] = process.argv.slice(2);
if (!command) {
  console.error('usage: node skills.mjs COMMAND [ARGUMENT...]');
  process.exit(2);
}
const cli = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', import.meta.url));
const uri = 'skill://sinch-provisioning/SKILL.md';

for (const [protocol, mode] of [['2025-11-25', 'legacy'], ['2026-07-28', { pin: '2026-07-28' }]]) {
  const client = new Client({ name: 'papi-mcp-test', version: '1.0.0' }, { enforceStrictCapabilities: true, versionNegotiation: { mode } });
  await client.connect(new StdioClientTransport({ command, args, stderr: 'inherit' }));
  assert.equal(client.getNegotiatedProtocolVersion(), protocol);
  const skills = new SkillsClient(client);
  assert.deepEqual([skills.supported, skills.directoryRead], [true, false]);
  const { skills: listed, ttlMs, cacheScope } = await skills.list();
  assert.deepEqual([listed.map(skill => skill.uri), ttlMs, cacheScope], [[uri], 300_000, 'public']);
  const { skill } = await skills.get(uri);
  assert.deepEqual(skill, listed[0]);
  for (const file of skill.resources) {
    const { verified, mimeType } = await skills.read(skill, file.uri);
    assert.deepEqual([verified, mimeType], [true, 'text/markdown'], file.uri);
  }
  const { body } = await skills.read(skill);
  for (const [, page] of body.matchAll(/\]\((references\/[^)]+)\)/g)) {
    assert.match((await skills.read(skill, page)).text, /^# /, page); // as the links of SKILL.md lead to them
  }
  await assert.rejects(skills.get('skill://other/SKILL.md'), { code: -32602 });
  await client.close();
  console.log(`ok      ${protocol}: ${skill.resources.length} files`);
}

const report = JSON.parse(execFileSync(cli, ['--cli', command, ...args, '--method', 'skills/list', '--verify', '--require-digests'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
assert.deepEqual([report.uri, report.outcome, report.conformance, report.frontmatter], [uri, 'verified', [], []], JSON.stringify(report));
console.log(`ok      Inspector: ${report.files.length} files`);
