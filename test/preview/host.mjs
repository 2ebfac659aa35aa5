// The host's part in its page: it shows the view in a sandbox of another origin, and
// sends it the arguments and the result of a call, by the bridge of ext-apps.

import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

let bridge;

// show opens a view and sends it the arguments and the result of a call.
window.show = async ({ sandbox, html, csp, width, theme, args, result }) => {
  const frame = document.createElement('iframe');
  frame.sandbox = 'allow-scripts allow-same-origin';
  frame.style.cssText = `width: ${width}px; height: 200px; border: 0; display: block;`;
  const containerDimensions = { width, maxHeight: 5000 };
  bridge = new AppBridge(null, { name: 'papi-mcp-test-host', version: '1.0.0' }, {}, { hostContext: { theme, displayMode: 'inline', containerDimensions } });
  const initialized = new Promise(resolve => bridge.addEventListener('initialized', resolve));
  const ready = new Promise(resolve => bridge.addEventListener('sandboxready', resolve));
  frame.src = sandbox;
  document.body.replaceChildren(frame);
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  await ready;
  await bridge.sendSandboxResourceReady({ html, csp });
  await initialized;
  bridge.addEventListener('sizechange', size => {
    frame.style.height = `${size.height}px`;
  });
  await bridge.sendToolInput({ arguments: args });
  await bridge.sendToolResult(result);
};

window.theme = async theme => bridge.sendHostContextChange({ theme });
window.teardown = async () => bridge.teardownResource({});
window.height = () => parseInt(document.querySelector('iframe').style.height);
window.app = () => bridge.getAppVersion();
