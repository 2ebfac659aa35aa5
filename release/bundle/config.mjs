// Prints how a client starts the server of an unpacked bundle, with what its user has
// filled in, by the function that the bundles' own library has for clients.
//
//   npm ci && node config.mjs FOLDER '{"sandbox": true}'

import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { getMcpConfigForManifest } from '@anthropic-ai/mcpb';

const [folder, values] = process.argv.slice(2);
const config = await getMcpConfigForManifest({
  manifest: JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')),
  extensionPath: folder,
  systemDirs: {},
  userConfig: JSON.parse(values),
  pathSeparator: sep,
});
console.log(JSON.stringify(config));
