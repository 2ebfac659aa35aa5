'use strict';

// Draws the preview that the page has been sent, or that a file has in it. Texts of a
// template only ever become text nodes, and nothing is loaded.
(() => {
  const root = document.documentElement;
  const main = document.getElementById('preview');

  // el makes an element of a class, with children: texts, elements, or nothing.
  function el(tag, className, ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter(child => child !== null && child !== undefined && child !== ''));
    return made;
  }

  const attributes = (element, values) => {
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
    return element;
  };

  const icons = {
    URL: 'M14 5h5v5M19 5l-8 8M17 14v5H5V7h5',
    PHONE_NUMBER: 'M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z',
    QUICK_REPLY: 'M9 6l-5 5 5 5M4 11h10a6 6 0 0 1 6 6v1',
    COPY_CODE: 'M9 9h10v11H9zM5 15V4h10',
    FLOW: 'M6 4h12v16H6zM9 9h6M9 13h6M9 17h3',
    REQUEST_CONTACT_INFO: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c0-4 4-6 8-6s8 2 8 6',
    ORDER_DETAILS: 'M6 8h12l1 12H5zM9 8a3 3 0 0 1 6 0',
    LIST: 'M5 7h14M5 12h14M5 17h14',
    IMAGE: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9.5h.01',
    VIDEO: 'M4 6h12v12H4zM16 10l4-2v8l-4-2',
    DOCUMENT: 'M6 3h8l4 4v14H6zM14 3v4h4',
    LOCATION: 'M12 21s7-6.5 7-11a7 7 0 1 0-14 0c0 4.5 7 11 7 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
    OFFER: 'M4 9h16v4H4zM6 13h12v7H6zM12 9v11M12 9c-2 0-5-1-4-3s4 1 4 3c0-2 3-5 4-3s-2 3-4 3',
  };
  icons.OTP = icons.COPY_CODE;
  icons.WEB_LINK = icons.APP_LINK = icons.URL;

  function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const turns = name === 'URL' || name === 'QUICK_REPLY';
    attributes(svg, { viewBox: '0 0 24 24', class: turns ? 'icon turns' : 'icon', 'aria-hidden': 'true' });
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', icons[name]);
    svg.append(path);
    return svg;
  }

  // The formatting of WhatsApp.

  const marks = [['```', 'code'], ['`', 'code'], ['*', 'strong'], ['_', 'em'], ['~', 's']];
  const maxDepth = 8;
  const maxMarked = 5000; // characters between two marks
  const isWord = character => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  const isBlank = character => character === undefined || /\s/.test(character);

  // markAt returns the mark that begins at an index of a text, with the index of the one
  // that ends it; undefined where there is none.
  function markAt(text, i) {
    const found = marks.find(([sign]) => text.startsWith(sign, i));
    if (!found) return undefined;
    const [sign, tag] = found;
    const start = i + sign.length;
    if (isWord(text[i - 1]) || sign.length === 1 && isBlank(text[start])) return undefined;
    for (let end = text.indexOf(sign, start + 1); end > 0 && end - start < maxMarked; end = text.indexOf(sign, end + 1)) {
      const inner = text.slice(start, end);
      if (sign.length === 1 && inner.includes('\n')) return undefined;
      if (sign.length > 1 || !isBlank(text[end - 1]) && !isWord(text[end + 1])) return { tag, inner, after: end + sign.length };
    }
    return undefined;
  }

  // inline appends a text with its formatting.
  function inline(parent, text, depth = 0) {
    let plainFrom = 0;
    for (let i = 0; i < text.length;) {
      const mark = depth < maxDepth ? markAt(text, i) : undefined;
      if (!mark) {
        i++;
        continue;
      }
      plain(parent, text.slice(plainFrom, i));
      const child = el(mark.tag);
      if (mark.tag === 'code') plain(child, mark.inner);
      else inline(child, mark.inner, depth + 1);
      parent.append(child);
      plainFrom = i = mark.after;
    }
    plain(parent, text.slice(plainFrom));
    return parent;
  }

  // plain appends a text in which variables without a value and links are marked.
  function plain(parent, text) {
    let from = 0;
    for (const found of text.matchAll(/\{\{\d+\}\}|#\{[^{}\n]{1,60}\}|https?:\/\/[^\s<>"]+/g)) {
      const isLink = found[0].startsWith('http');
      const mark = el('span', isLink ? 'link' : 'gap', found[0]);
      if (!isLink) mark.title = 'a variable without an example';
      parent.append(text.slice(from, found.index), mark);
      from = found.index + found[0].length;
    }
    if (from < text.length) parent.append(text.slice(from));
    return parent;
  }

  const lineKinds = [
    { test: /^[*-] +(?=\S)/, tag: 'ul' },
    { test: /^(\d{1,9})\. +(?=\S)/, tag: 'ol' },
    { test: /^> ?(?=\S)/, tag: 'blockquote' },
  ];

  // formatted is a body: paragraphs, lists and quotes.
  function formatted(text) {
    const out = el('div', 'text');
    let kind, block, lines = [];
    const endParagraph = () => {
      const content = lines.join('\n').replace(/^\n+|\n+$/g, '');
      if (content) out.append(auto(inline(el('p'), content)));
      lines = [];
    };
    for (const line of text.split('\n')) {
      const isOpen = lines.join('\n').split('```').length % 2 === 0; // in monospace
      const next = isOpen ? undefined : lineKinds.find(k => k.test.test(line));
      if (!next) {
        block = kind = undefined;
        lines.push(line);
        continue;
      }
      endParagraph();
      if (next !== kind) {
        block = auto(el(next.tag));
        const number = line.match(next.test)[1];
        if (number) block.setAttribute('start', number);
        out.append(block);
        kind = next;
      }
      const content = line.replace(next.test, '');
      block.append(inline(el(next.tag === 'blockquote' ? 'p' : 'li'), content));
    }
    endParagraph();
    return out;
  }

  // auto has the direction of its first letter.
  const auto = element => attributes(element, { dir: 'auto' });

  // The message.

  const formats = { IMAGE: 'Image', VIDEO: 'Video', DOCUMENT: 'Document', LOCATION: 'Location' };
  const labels = { whatsapp: 'WhatsApp', kakaotalk: 'KakaoTalk' };

  function media(m) {
    const name = formats[m.format] || 'Media';
    return attributes(el('div', `media ${name.toLowerCase()}`,
      icon(icons[m.format] ? m.format : 'IMAGE'),
      el('div', 'file', m.file || (m.format === 'LOCATION' ? name : `${name}: no example yet`)),
      el('div', 'needs', m.needs),
    ), { role: 'group', 'aria-label': `${name} header` });
  }

  function offer(o) {
    const parts = [o.code && `Code: ${o.code}`, o.expires && 'the time left'].filter(Boolean);
    return el('div', 'offer', icon('OFFER'), el('div', '', auto(el('b', '', o.text || 'Offer')), el('span', '', parts.join(' · '))));
  }

  function label(b) {
    return b.text ? auto(el('span', 'label', b.text)) : el('span', 'label described', b.fixed || 'no label yet');
  }

  const button = b => el('li', '', icons[b.type] ? icon(b.type) : null, label(b));

  // buttons shows two of more than three, and the others as a phone does when asked to.
  function buttons(all, channel) {
    const list = attributes(el('ul', 'buttons'), { 'aria-label': 'Buttons' });
    const first = channel === 'whatsapp' && all.length > 3 ? 2 : all.length;
    list.append(...all.slice(0, first).map(button));
    if (first < all.length) {
      const more = el('details', '', el('summary', '', icon('LIST'), el('span', 'label', 'See all options')),
        el('ul', '', ...all.map(button)));
      more.open = true;
      list.append(el('li', 'more', more));
    }
    return list;
  }

  function bubble(card, data, above) {
    const isWhatsApp = data.channel === 'whatsapp';
    const body = card.body ? (isWhatsApp ? formatted(card.body) : el('div', 'text', auto(plain(el('p'), card.body)))) : null;
    const isMessage = card === data;
    const words = el('div', 'words',
      card.title && auto(plain(el('div', 'title'), card.title)),
      card.subtitle && auto(plain(el('div', 'subtitle'), card.subtitle)),
      body,
      card.bodyFixed && el('div', 'fixed', card.bodyFixed),
      card.footer && auto(plain(el('div', 'footer'), card.footer)),
      card.footerFixed && el('div', 'fixed', card.footerFixed),
    );
    if (!words.children.length && isMessage) words.append(el('div', 'fixed', 'no text yet'));
    if (isMessage) words.append(attributes(el('div', 'time', '12:00'), { 'aria-hidden': 'true' }));
    return el('div', 'bubble',
      isMessage && !isWhatsApp ? el('div', 'strip', 'From a KakaoTalk channel') : null,
      card.media && media(card.media),
      above,
      words.children.length ? words : null,
      card.buttons && buttons(card.buttons, data.channel),
    );
  }

  function carousel(data) {
    const cards = data.cards.map((card, i) =>
      attributes(bubble(card, data), { role: 'group', 'aria-label': `Card ${i + 1} of ${data.cards.length}` }));
    return attributes(el('div', 'cards', ...cards), { role: 'region', 'aria-label': 'Carousel', tabindex: '0' });
  }

  function phone(data) {
    const chat = el('div', 'chat', bubble(data, data, data.offer && offer(data.offer)), data.cards && carousel(data));
    attributes(chat, { dir: data.rtl ? 'rtl' : 'ltr' });
    if (/^[A-Za-z]{2,3}(_[A-Za-z]{2})?$/.test(data.language || '')) chat.lang = data.language.replace('_', '-').toLowerCase();
    const sender = data.channel === 'kakaotalk' ? 'Your channel' : 'Your business';
    return attributes(el('section', 'phone', el('div', 'bar', icon('REQUEST_CONTACT_INFO'), sender), chat), { 'aria-label': 'Message' });
  }

  // What is next to the message.

  // breakable is a path or a URL, which lines break after a separator.
  const breakable = text => text.split(/(?<=[/\]])(?=[^/\]\s])/).flatMap(part => [el('wbr'), part]).slice(1);

  const panel = (title, ...children) => attributes(el('section', 'panel', el('h2', '', title), ...children), { 'aria-label': title });

  const severities = ['refused', 'likely', 'advice'];

  function finding(f) {
    const severity = severities.includes(f.severity) ? f.severity : 'advice';
    return el('li', 'finding',
      el('div', 'place', el('span', `severity ${severity}`, severity), f.path ? el('code', '', ...breakable(f.path)) : null),
      el('p', '', f.message),
      f.corrected ? el('div', 'corrected', el('span', 'where', 'Corrected: '), auto(el('span', '', f.corrected))) : null,
      el('div', 'where', ...breakable([f.rule, f.source].filter(Boolean).join(' · '))));
  }

  function findings(data) {
    const all = [...data.findings || []].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
    return panel('Findings', all.length ? el('ul', '', ...all.map(finding)) : el('p', 'note', 'None: it breaks no rule that is checked.'));
  }

  function leads(data) {
    const all = [data, ...data.cards || []].flatMap(card => card.buttons || []).filter(b => b.detail);
    return all.length ? panel('Buttons', el('dl', 'leads', ...all.flatMap(b =>
      [auto(el('dt', '', b.text || b.fixed)), el('dd', '', ...breakable(b.detail))]))) : null;
  }

  function notes(data) {
    const all = [...data.notes || []];
    const hasFixed = [data, ...data.cards || []].some(card =>
      card.bodyFixed || card.footerFixed || (card.buttons || []).some(b => !b.text && b.fixed));
    if (hasFixed) all.push(`Text in italics describes what ${labels[data.channel]} writes itself.`);
    return all.length ? panel('Notes', ...all.map(note => el('p', 'note', note))) : null;
  }

  function show(data) {
    const about = el('header', 'about', el('h1', '', data.name || 'Template'),
      ...[labels[data.channel], data.language, data.category].filter(Boolean).map(tag => el('span', 'tag', tag)));
    main.className = data.channel === 'kakaotalk' ? 'kakaotalk' : 'whatsapp';
    main.replaceChildren(about, el('div', 'columns', phone(data), el('div', '', findings(data), leads(data), notes(data))));
    document.title = data.name || document.title;
  }

  const say = (...texts) => main.replaceChildren(...texts.filter(Boolean).map(text => el('p', 'status raw', text)));

  // A file has the data in it.

  const embedded = document.getElementById('data');
  if (embedded) {
    show(JSON.parse(embedded.textContent));
    return;
  }

  // A host sends the data: MCP Apps, 2026-01-26.

  const host = window.parent;
  if (host === window) return;
  const send = message => host.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const initialize = 1;

  function theme(context) {
    const name = context && context.theme;
    if (name === 'light' || name === 'dark') root.dataset.theme = name;
  }

  function toolResult(result) {
    const structured = result.structuredContent;
    if (structured && structured.data && structured.data.channel && !result.isError) return show(structured.data);
    if (structured && structured.message) return say(structured.message, structured.resolution);
    return say((result.content || []).filter(part => part.type === 'text').map(part => part.text).join('\n'));
  }

  const notifications = {
    'ui/notifications/tool-result': toolResult,
    'ui/notifications/tool-cancelled': () => say('The call was cancelled.'),
    'ui/notifications/host-context-changed': theme,
  };

  window.addEventListener('message', event => {
    const message = event.data;
    if (event.source !== host || !message || message.jsonrpc !== '2.0') return;
    if (message.id === initialize && message.result) {
      theme(message.result.hostContext);
      send({ method: 'ui/notifications/initialized', params: {} });
      new ResizeObserver(sizeChanged).observe(root);
    } else if (message.method && message.id !== undefined) {
      const known = message.method === 'ping' || message.method === 'ui/resource-teardown';
      send(known ? { id: message.id, result: {} } : { id: message.id, error: { code: -32601, message: 'method not found' } });
    } else if (Object.hasOwn(notifications, message.method)) {
      notifications[message.method](message.params || {});
    }
  });

  let lastSize = '';
  function sizeChanged() {
    const { height } = root.getBoundingClientRect();
    const params = { width: Math.ceil(window.innerWidth), height: Math.ceil(height) };
    const size = `${params.width}x${params.height}`;
    if (size === lastSize) return;
    lastSize = size;
    send({ method: 'ui/notifications/size-changed', params });
  }

  send({
    id: initialize,
    method: 'ui/initialize',
    params: {
      protocolVersion: '2026-01-26',
      appInfo: { name: 'papi-mcp-preview', version: '1.0.0' },
      appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
    },
  });
})();
