// inspect runs in the page, and returns what it shows. It uses nothing from outside.
export function inspect(selectors) {
  const all = [...document.body.querySelectorAll('*')];
  const name = element => element.outerHTML.slice(0, 120);

  const isScrolled = element => element.closest('.cards') !== null && !element.matches('.cards');
  const overflow = all.filter(element => {
    const { left, right, width } = element.getBoundingClientRect();
    return width > 0 && !isScrolled(element) && (left < -0.5 || right > innerWidth + 0.5);
  }).map(name);
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) overflow.push(`the page: ${scrollWidth} > ${clientWidth}`);

  // The page makes these and no others.
  const tags = ['main', 'header', 'section', 'h1', 'h2', 'div', 'p', 'span', 'b', 'strong', 'em', 's', 'code', 'blockquote', 'ul', 'ol', 'li', 'dl', 'dt', 'dd', 'details', 'summary', 'svg', 'path', 'noscript', 'script', 'wbr'];
  const names = ['id', 'class', 'role', 'aria-label', 'aria-live', 'aria-hidden', 'dir', 'lang', 'title', 'tabindex', 'start', 'open', 'viewBox', 'd', 'type'];
  const strangers = all.filter(element =>
    !tags.includes(element.localName) || [...element.attributes].some(a => !names.includes(a.name)) ||
    element.localName === 'script' && element.parentElement !== document.body).map(name);
  if (document.scripts.length > 2) strangers.push(`${document.scripts.length} scripts`);

  // Contrast of each text, by WCAG 2.2.
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.backgroundImage !== 'none') return null; // a gradient: looked at by eye
      const color = rgba(style.backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba(getComputedStyle(document.documentElement).backgroundColor);
  };
  const pale = all.filter(element => {
    const hasText = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!hasText || element.matches('script, noscript')) return false;
    const background = behind(element);
    if (!background) return false;
    const [light, dark] = [luminance(rgba(getComputedStyle(element).color)), luminance(background)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05) < 4.5;
  }).map(name);

  const main = document.getElementById('preview');
  const texts = Object.fromEntries(selectors.map(selector => [selector, [...main.querySelectorAll(selector)].map(e => e.textContent)]));
  const [r, g, b] = rgba(getComputedStyle(document.documentElement).backgroundColor);
  const chat = main.querySelector('.chat');
  return {
    innerWidth, overflow, strangers, pale, texts,
    text: main.textContent,
    rtl: chat ? getComputedStyle(chat).direction === 'rtl' : false,
    scheme: r + g + b > 382 ? 'light' : 'dark',
    severities: [...main.querySelectorAll('.severity')].map(e => e.textContent),
    height: Math.ceil(document.documentElement.getBoundingClientRect().height),
  };
}
