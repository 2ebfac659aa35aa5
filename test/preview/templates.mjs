// The templates that are shown: every kind of component, four languages, and one in which
// every text is HTML. shows has a selector and the texts that its elements must have.

const body = (text, ...examples) => ({ type: 'BODY', text, examples });
const template = (name, language, category, ...components) => ({ name, language, category, details: { components } });
const image = file => ({ type: 'HEADER', format: 'IMAGE', examples: [{ url: `https://example.com/media/${file}` }] });

// payload is HTML that would run a script, with a name to recognise it by.
export const payload = name => `<img src="https://example.com/${name}.png" onerror="alert('${name}')"><script>alert('${name}')</script>`;

const long = 'W'.repeat(300); // a word that no line holds

const card = i => ({
  components: [
    image(`shoes-${i}.jpg`),
    body(`Pair ${i}: {{1}} off until Sunday`, '20 %'),
    { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Look at it', url: `https://example.com/shoes/${i}` }, { type: 'QUICK_REPLY', text: 'Remind me' }] },
  ],
});

// picture is the template in README's picture, with two things to correct.
export const picture = template('order_shipped', 'EN_US', 'UTILITY',
  image('parcel-on-its-way.png'),
  body('Hi {{1}}, your order *{{2}}* is on its way and arrives on _{{3}}_.\n\nQuestions? Call [phone number].', 'Ana', 'A-1042', 'Tuesday'),
  { type: 'FOOTER', text: 'Example Shop, _every day until 20:00_' },
  { type: 'BUTTONS', buttons: [
    { type: 'URL', text: 'Track the parcel', url: 'https://example.com/t/{{1}}', examples: ['https://example.com/t/A-1042'] },
    { type: 'PHONE_NUMBER', text: 'Call us', phoneNumber: '+15550100' },
  ] });

export const whatsapp = [
  {
    arguments: template('order_shipped', 'EN_US', 'UTILITY',
      image('parcel-on-its-way.png'),
      body('Hi {{1}}, your order *{{2}}* is on its way.\n\nIt arrives on _{{3}}_:\n- from 9:00 to 12:00\n- or from 14:00 to 18:00\n\n> Please have your ID with you.\n\n~Pickup~ Delivery code: ```4711```, see https://example.com/help for help.', 'Ana', 'A-1042', 'Tuesday'),
      { type: 'FOOTER', text: 'Example Shop' },
      { type: 'BUTTONS', buttons: [
        { type: 'URL', text: 'Track the parcel', url: 'https://example.com/t/{{1}}', examples: ['https://example.com/t/A-1042'] },
        { type: 'PHONE_NUMBER', text: 'Call us', phoneNumber: '+15550100' },
        { type: 'QUICK_REPLY', text: 'Change the day' },
      ] }),
    shows: {
      '.media.image .file': ['parcel-on-its-way.png'], '.media .needs': ['an image shows well in 1.91:1, such as 1200 x 628 pixels, at most 5 MB'],
      '.text strong': ['A-1042'], '.text em': ['Tuesday'], '.text s': ['Pickup'], '.text code': ['4711'],
      '.text ul li': ['from 9:00 to 12:00', 'or from 14:00 to 18:00'], '.text blockquote': ['Please have your ID with you.'],
      '.link': ['https://example.com/help'], '.footer': ['Example Shop'], '.buttons li': ['Track the parcel', 'Call us', 'Change the day'],
      '.leads dd': ['https://example.com/t/A-1042', '+15550100'], '.gap': [],
    },
  },
  {
    arguments: template('order_arabic', 'AR', 'UTILITY',
      { type: 'HEADER', format: 'TEXT', text: 'طلبك {{1}} في الطريق', examples: ['A-1042'] },
      body('مرحبا {{1}}، يصل طلبك يوم {{2}}.\n\n1. جهز بطاقة الهوية\n2. وقع عند الاستلام', 'سارة', 'الثلاثاء'),
      { type: 'FOOTER', text: 'متجر المثال' },
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'تتبع الطلب', url: 'https://example.com/t' }, { type: 'QUICK_REPLY', text: 'غير الموعد' }] }),
    rtl: true,
    shows: { '.title': ['طلبك A-1042 في الطريق'], '.text ol li': ['جهز بطاقة الهوية', 'وقع عند الاستلام'], '.chat[dir=rtl][lang=ar] .footer': ['متجر المثال'] },
  },
  {
    arguments: template('pickup_hebrew', 'HE', 'UTILITY', { type: 'HEADER', format: 'LOCATION' }, body('אפשר לאסוף את הזמנה {{1}} כאן.', '1042')),
    rtl: true,
    shows: { '.media.location .file': ['Location'], '.chat[dir=rtl] .text': ['אפשר לאסוף את הזמנה 1042 כאן.'] },
  },
  {
    arguments: template('summer_shoes', 'EN', 'MARKETING', body('Hello {{1}}, three pairs that suit you:', 'Ana'), { type: 'CAROUSEL', cards: [card(1), card(2), card(3)] }),
    shows: {
      '.cards .file': ['shoes-1.jpg', 'shoes-2.jpg', 'shoes-3.jpg'], '.cards .text': [1, 2, 3].map(i => `Pair ${i}: 20 % off until Sunday`),
      '.cards .buttons li': [1, 2, 3].flatMap(() => ['Look at it', 'Remind me']),
    },
  },
  {
    arguments: template('summer_offer', 'EN', 'MARKETING',
      { type: 'HEADER', format: 'VIDEO', examples: [{ url: 'https://example.com/the-summer-collection-in-one-minute-and-with-a-long-name.mp4' }] },
      { type: 'LIMITED_TIME_OFFER', text: 'Ends on Sunday', hasExpiration: true },
      body('The sale is on, {{1}}.'),
      { type: 'BUTTONS', buttons: [
        { type: 'COPY_CODE', examples: ['SUMMER20'] }, { type: 'URL', text: 'Shop now', url: 'https://example.com/sale' },
        { type: 'QUICK_REPLY', text: 'Later' }, { type: 'QUICK_REPLY', text: 'Stop promotions' },
        { type: 'FLOW', text: 'Choose a size', flowId: '1234', flowAction: 'NAVIGATE', navigateScreen: 'SIZES' },
      ] }),
    shows: {
      '.media.video .file': ['the-summer-collection-in-one-minute-and-with-a-long-name.mp4'], '.offer b': ['Ends on Sunday'],
      '.offer span': ['Code: SUMMER20 · the time left'], '.gap': ['{{1}}'], '.buttons summary': ['See all options'],
      '.buttons details li': ['copies the code', 'Shop now', 'Later', 'Stop promotions', 'Choose a size'],
      '.leads dd': ['SUMMER20', 'https://example.com/sale', 'flow 1234, screen SIZES'],
    },
    refused: true, // no example
  },
  {
    arguments: template('login_code', 'ES', 'AUTHENTICATION',
      { type: 'BODY', addSecurityRecommendation: true }, { type: 'FOOTER', codeExpirationMinutes: 5 },
      { type: 'BUTTONS', buttons: [{ type: 'OTP', otpType: 'ONE_TAP', text: 'Copiar', autofillText: 'Rellenar', supportedApps: [{ packageName: 'com.example.app', signatureHash: 'K8a/AINcGX7' }] }] }),
    shows: {
      '.fixed': ["the code, in a sentence that WhatsApp writes in ES; WhatsApp's advice not to share the code", 'that the code expires after 5 minutes, in a sentence that WhatsApp writes in ES'],
      '.buttons li': ['Copiar'], '.leads dd': ['fills in the code in your app, labelled "Rellenar" there'],
    },
  },
  {
    arguments: template('invoice', 'DE', 'UTILITY',
      { type: 'HEADER', format: 'DOCUMENT', examples: [{ url: 'https://example.com/Rechnung%20Juli.pdf' }] },
      body('Guten Tag, anbei die Rechnung {{1}} für Ihre Bestellung.', '4711'),
      { type: 'BUTTONS', buttons: [{ type: 'ORDER_DETAILS' }, { type: 'REQUEST_CONTACT_INFO' }] }),
    shows: { '.media.document .file': ['Rechnung Juli.pdf'], '.media .needs': ['a PDF has at most 100 MB'], '.label.described': ['shows the order and how to pay', 'asks for the contact details'] },
  },
  {
    arguments: template('draft_without_examples', 'EN', 'UTILITY', { type: 'HEADER', format: 'IMAGE' }, body('{{1}} is waiting for you at {{2}}')),
    shows: { '.media .file': ['Image: no example yet'], '.gap': ['{{1}}', '{{2}}'] },
    refused: true,
  },
  {
    arguments: template('long_words', 'EN', 'MARKETING',
      { type: 'HEADER', format: 'TEXT', text: long },
      body(`${long} *${long}*\n> ${long}\n- ${long}\n\`\`\`${long}\`\`\``),
      { type: 'FOOTER', text: long },
      { type: 'BUTTONS', buttons: [...Array(10)].map((_, i) => ({ type: 'URL', text: `${i}${long}`, url: `https://example.com/${long}` })) },
      { type: 'CAROUSEL', cards: [...Array(10)].map(() => ({ components: [image(`${long}.png`), body(long)] })) }),
    shows: { '.title': [long], '.footer': [long], '.cards .text': Array(10).fill(long) },
    refused: true,
  },
  {
    arguments: template(payload('name'), payload('language'), payload('category'),
      { type: 'HEADER', format: 'TEXT', text: payload('header') },
      { type: 'LIMITED_TIME_OFFER', text: payload('offer'), hasExpiration: true },
      body(`${payload('body')} *${payload('bold')}* {{1}}\n> ${payload('quote')}\n- ${payload('item')}\n1. ${payload('number')}\n\`\`\`${payload('code')}\`\`\``, payload('example')),
      { type: 'FOOTER', text: payload('footer') },
      { type: 'BUTTONS', buttons: [
        { type: 'URL', text: payload('label'), url: 'javascript:alert(1)' }, { type: payload('type'), text: payload('other') },
        { type: 'COPY_CODE', examples: [payload('copied')] }, { type: 'PHONE_NUMBER', text: 'Call', phoneNumber: payload('phone') },
        { type: 'FLOW', text: 'Flow', flowId: payload('flow'), navigateScreen: payload('screen') },
      ] },
      { type: 'CAROUSEL', cards: [{ components: [{ type: 'HEADER', format: 'DOCUMENT', examples: [{ url: payload('url').replaceAll('/', '') }] }, body(payload('card'))] }] }),
    payloads: ['name', 'language', 'category', 'header', 'offer', 'body', 'bold', 'quote', 'item', 'number', 'code', 'example', 'footer', 'label', 'other', 'copied', 'phone', 'flow', 'screen', 'card'],
    shows: { '.media .file': [payload('url').replaceAll('/', '')] },
    refused: true,
  },
];

const kakao = (name, details) => ({ plusFriendId: '@example', details: { name, language: 'KO', ...details } });

export const kakaotalk = [
  {
    arguments: kakao('delivery_notice', {
      content: '#{name}님, 주문하신 상품이 출발했습니다.\n\n▶ 주문번호: #{number}', emphasizeType: 'EMPHASIZE_TYPE_TEXT', title: '배송 시작', subtitle: '주문번호 안내',
      messageType: 'MIXED', extra: '고객센터 안내', securityFlag: true,
      buttons: [{ ordering: 2, type: 'WEB_LINK', name: '주문 보기', linkMo: 'https://example.com/o' }, { ordering: 1, type: 'DELIVERY_SEARCH', name: '배송 조회' }],
    }),
    shows: {
      '.title': ['배송 시작'], '.subtitle': ['주문번호 안내'], '.gap': ['#{name}', '#{number}'], '.footer': ['고객센터 안내'],
      '.fixed': ["KakaoTalk's own text, which invites to add the channel"], '.buttons li': ['배송 조회', '주문 보기'],
    },
  },
  {
    arguments: kakao('welcome', { content: '안녕하세요', emphasizeType: 'EMPHASIZE_TYPE_IMAGE', imageName: 'welcome.png', imageUrl: 'https://example.com/w.png', buttons: [{ ordering: 1, type: 'CHANNEL_ID_ADDED', name: '채널 추가' }] }),
    shows: { '.media .file': ['welcome.png'], '.media .needs': ['JPEG or PNG, 2:1, at least 500 x 250 pixels, at most 500 kB'], '.text': ['안녕하세요'] },
  },
  {
    arguments: kakao(payload('name'), {
      content: payload('content'), emphasizeType: 'EMPHASIZE_TYPE_TEXT', title: payload('title'), subtitle: payload('subtitle'), messageType: 'EXTRA_INFORMATION', extra: payload('extra'),
      buttons: [{ ordering: 1, type: payload('type'), name: payload('button'), linkMo: payload('link') }],
    }),
    payloads: ['name', 'content', 'title', 'subtitle', 'extra', 'button', 'link'],
    shows: {},
    refused: true,
  },
];
