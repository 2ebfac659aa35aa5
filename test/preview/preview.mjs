// The preview in a real browser. The real server lists the tool and its page to two
// clients, of the older protocols and of 2026-07-28, and calls the tool. A host of MCP
// Apps shows each result in a sandboxed frame under the default content security policy
// of the specification (2026-01-26), 320 and 390 pixels wide, in light and dark. The
// pages that papi-mcp template preview writes are opened too.
//
//   npm ci && node preview.mjs FOLDER papi-mcp
//
// FOLDER gets the screenshots. CHROMIUM is the browser (/usr/bin/chromium).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { getToolUiResourceUri } from '@modelcontextprotocol/ext-apps/app-bridge';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { build } from 'esbuild';
import puppeteer from 'puppeteer-core';
import { inspect } from './inspect.mjs';
import { kakaotalk, payload, picture, whatsapp } from './templates.mjs';

const [folder, command] = process.argv.slice(2);
if (!command) {
  console.error('usage: node preview.mjs FOLDER COMMAND');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const tool = 'whatsapp_template_preview';
const uri = 'ui://papi-mcp/whatsapp-template.html';
const mimeType = 'text/html;profile=mcp-app';
const widths = [320, 390];
const themes = ['light', 'dark'];

// The policy of the specification for a page that declares no domains.
const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'";

// serverSays returns the page of the tool and the results of its calls.
async function serverSays() {
  const info = { name: 'papi-mcp-test', version: '1.0.0' };
  const capabilities = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: [mimeType] } } };
  const stdio = { command, args: ['serve', '--sandbox'], stderr: 'inherit' };
  const clients = [
    [new OlderClient(info, { capabilities }), new OlderTransport(stdio)],
    [new Client(info, { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } } }), new StdioClientTransport(stdio)],
  ];
  let html, results;
  for (const [client, transport] of clients) {
    await client.connect(transport);
    const listed = (await client.listTools()).tools.find(t => t.name === tool);
    assert.equal(getToolUiResourceUri(listed), uri);
    const resource = (await client.listResources()).resources.find(r => r.uri === uri);
    assert.equal(resource.mimeType, mimeType);
    const [page] = (await client.readResource({ uri })).contents;
    assert.equal(page.mimeType, mimeType);
    for (const { csp } of [resource._meta.ui, page._meta.ui]) {
      assert.deepEqual(Object.values(csp).flat(), [], 'the page declares domains');
    }
    assert.ok(!html || html === page.text, 'the protocols have different pages');
    html = page.text;
    results = [];
    for (const t of whatsapp) {
      const result = await client.callTool({ name: tool, arguments: t.arguments });
      assert.ok(!result.isError, JSON.stringify(result));
      assert.ok(result.content[0].text.startsWith('WhatsApp template '), 'the text of a client without MCP Apps');
      results.push(result);
    }
    await client.close();
  }
  return { html, results };
}

// serveLoopback serves pages on a free port, as an origin of its own.
async function serveLoopback(pages) {
  const server = createServer((request, response) => {
    const page = pages[request.url];
    response.writeHead(page ? 200 : 404, { 'content-type': request.url.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8' });
    response.end(page);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, pages, close: () => server.close() };
}

const sandboxPage = `<!DOCTYPE html><meta charset="utf-8"><style>html,body,iframe{margin:0;border:0;width:100%;height:100%;display:block}</style><body><script>
let view;
addEventListener('message', event => {
  const message = event.data;
  if (view && event.source === view.contentWindow) return parent.postMessage(message, '*');
  if (event.source !== parent) return;
  if (message.method !== 'ui/notifications/sandbox-resource-ready') return view.contentWindow.postMessage(message, '*');
  const { html, csp } = message.params;
  if (Object.values(csp || {}).flat().length) throw new Error('this host allows no domains');
  view = document.createElement('iframe');
  view.name = 'view';
  view.sandbox = 'allow-scripts allow-same-origin';
  view.srcdoc = html.replace('<head>', ${JSON.stringify(`<head><meta http-equiv="Content-Security-Policy" content="${policy}">`)});
  document.body.append(view);
});
parent.postMessage({ jsonrpc: '2.0', method: 'ui/notifications/sandbox-proxy-ready', params: {} }, '*');
</script>`;

// watched opens a page that records what must not happen: dialogs, errors, violations of
// the policy, and requests to other places than loopback.
async function watched(browser, origins) {
  const page = await browser.newPage();
  page.faults = [];
  page.on('dialog', dialog => {
    page.faults.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('pageerror', error => page.faults.push(`an error: ${error.message}`));
  page.on('console', message => {
    if (['error', 'warn'].includes(message.type())) page.faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on('request', request => {
    const url = request.url();
    if (!origins.some(origin => url.startsWith(`${origin}/`)) && url !== 'about:srcdoc') page.faults.push(`a request: ${url}`);
  });
  return page;
}

// checks what a frame shows of a template.
async function shows(frame, page, t, width, what) {
  const found = await frame.evaluate(inspect, Object.keys(t.shows));
  assert.deepEqual(page.faults, [], what);
  assert.equal(found.innerWidth, width, what);
  assert.deepEqual(found.overflow, [], `${what}: what is wider than the page`);
  assert.deepEqual(found.strangers, [], `${what}: elements and attributes that a text has made`);
  assert.deepEqual(found.pale, [], `${what}: texts with too little contrast`);
  for (const [selector, texts] of Object.entries(t.shows)) assert.deepEqual(found.texts[selector], texts, `${what}: ${selector}`);
  for (const name of t.payloads || []) assert.ok(found.text.includes(payload(name)), `${what}: ${name} is not there as text`);
  assert.equal(found.rtl, Boolean(t.rtl), `${what}: the direction`);
  return found;
}

// eventually waits without frames of the page, which a browser draws less often when the
// machine is busy.
const eventually = { polling: 50, timeout: 60_000 };

// viewOf has the host show a result, and returns the frame of its view once that has
// drawn it.
async function viewOf(page, sandbox, given) {
  const shown = page.evaluate(all => window.show(all), { sandbox: `${sandbox.origin}/`, csp: {}, ...given });
  const failed = new Promise((_, reject) => page.once('pageerror', reject));
  await Promise.race([shown, failed]);
  const frame = page.frames().find(f => f.name() === 'view');
  await frame.waitForFunction(() => document.querySelector('.columns, .raw'), eventually);
  return frame;
}

async function inHost(browser, host, sandbox, { html, results }) {
  const page = await watched(browser, [host.origin, sandbox.origin]);
  for (const [i, t] of whatsapp.entries()) {
    for (const width of widths) {
      await page.setViewport({ width, height: 700 });
      for (const theme of themes) {
        const what = `${t.payloads ? 'html' : t.arguments.name}-${width}-${theme}`;
        await page.goto(`${host.origin}/`);
        const frame = await viewOf(page, sandbox, { html, width, theme, args: t.arguments, result: results[i] });
        const found = await shows(frame, page, t, width, what);
        assert.equal(found.scheme, theme, what);
        assert.equal(Boolean(t.refused), found.severities.includes('refused'), `${what}: findings ${found.severities}`);
        await page.waitForFunction(height => window.height() === height, eventually, found.height);
        await (await page.$('iframe')).screenshot({ path: join(folder, `${what}.png`) });
      }
    }
  }
  assert.equal((await page.evaluate(() => window.app())).name, 'papi-mcp-preview');
  const frame = page.frames().find(f => f.name() === 'view');
  await page.evaluate(() => window.theme('light'));
  await frame.waitForFunction(() => document.documentElement.dataset.theme === 'light', eventually);
  await page.evaluate(() => window.teardown());
  assert.deepEqual(page.faults, []);
  await page.close();
}

// What a host sends when there is no preview is shown as text too.
async function withoutPreview(browser, host, sandbox, { html }) {
  const page = await watched(browser, [host.origin, sandbox.origin]);
  await page.setViewport({ width: 320, height: 700 });
  const long = payload('message').repeat(20);
  for (const result of [
    { isError: true, content: [], structuredContent: { errorCode: 'invalid_arguments', message: long, resolution: 'try again' } },
    { content: [{ type: 'text', text: long }] },
  ]) {
    await page.goto(`${host.origin}/`);
    const frame = await viewOf(page, sandbox, { html, width: 320, theme: 'light', args: {}, result });
    const found = await shows(frame, page, { shows: {} }, 320, 'no preview');
    assert.ok(found.text.includes(long));
  }
  await page.close();
}

// The pages of papi-mcp template preview, which have a policy of their own.
async function asFiles(browser, host, dir) {
  for (const [i, t] of [...whatsapp, ...kakaotalk].entries()) {
    const file = join(dir, `${i}.html`);
    execFileSync(command, ['template', 'preview', '-', '-o', file], { input: JSON.stringify(t.arguments) });
    host.pages['/file.html'] = readFileSync(file);
    const page = await watched(browser, [host.origin]);
    for (const width of widths) {
      await page.setViewport({ width, height: 700 });
      for (const theme of themes) {
        const what = `file-${t.payloads ? `html-${i}` : t.arguments.name || t.arguments.details.name}-${width}-${theme}`;
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
        await page.goto(`${host.origin}/file.html`);
        await shows(page.mainFrame(), page, t, width, what);
        if (i >= whatsapp.length) await page.screenshot({ path: join(folder, `${what}.png`), fullPage: true });
      }
    }
    await page.close();
  }
}

// README's picture: a wide page, with findings next to the message. docs/preview.png is
// this one after pngquant.
async function drawPicture(browser, host) {
  host.pages['/file.html'] = execFileSync(command, ['template', 'preview', '-', '-o', '-'], { input: JSON.stringify(picture) });
  const page = await watched(browser, [host.origin]);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await page.setViewport({ width: 860, height: 100, deviceScaleFactor: 1.5 });
  await page.goto(`${host.origin}/file.html`);
  await shows(page.mainFrame(), page, { shows: { '.severity': ['refused', 'likely'] } }, 860, 'the picture');
  await page.screenshot({ path: join(folder, 'picture.png'), fullPage: true });
  await page.close();
}

const here = fileURLToPath(new URL('.', import.meta.url));
const bundle = await build({ entryPoints: [join(here, 'host.mjs')], bundle: true, format: 'esm', write: false, logLevel: 'error' });
const host = await serveLoopback({ '/': '<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,"><style>body{margin:0}</style><body><script type="module" src="/host.js"></script>', '/host.js': bundle.outputFiles[0].text });
const sandbox = await serveLoopback({ '/': sandboxPage });
const dir = mkdtempSync(join(tmpdir(), 'papi-mcp-preview-'));
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args, protocolTimeout: 60_000 });
try {
  const said = await serverSays();
  console.log('the server: the tool, its page and its calls, in both protocols');
  await inHost(browser, host, sandbox, said);
  console.log(`${whatsapp.length} templates in a host, ${widths.join(' and ')} pixels wide, ${themes.join(' and ')}`);
  await withoutPreview(browser, host, sandbox, said);
  await asFiles(browser, host, dir);
  await drawPicture(browser, host);
  console.log(`${whatsapp.length + kakaotalk.length} files in the same widths and themes`);
  console.log(`screenshots: ${folder}`);
} finally {
  await browser.close();
  host.close();
  sandbox.close();
  rmSync(dir, { recursive: true });
}
