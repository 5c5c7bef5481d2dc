import type { Message } from '@app/contracts/edge';
import { exportFileName } from './export-file-name';
import {
  escapeHtml,
  EXPORT_STYLE,
  EXPORT_STYLE_HASH,
  exportEnd,
  exportHead,
  exportMessage,
} from './export-html';

const AT = '2026-05-03T12:00:00.000Z';

const message = (over: Partial<Message>): Message => ({
  id: 'id',
  chatId: 'chat',
  seq: 1,
  rev: 1,
  senderId: 'ann',
  clientMessageId: null,
  text: '',
  replyTo: null,
  attachments: [],
  reactions: [],
  sentAt: AT,
  editedAt: null,
  expiresAt: null,
  deletedAt: null,
  damaged: false,
  ...over,
});

/** Reads a file as a browser does that runs no script. */
function read(html: string): Document {
  return new DOMParser().parseFromString(html, 'text/html');
}

function fileOf(text: string, name = 'Chat', username = 'ann'): Document {
  const members = [username, 'bob'];
  const head = exportHead({ title: name, members, exportedBy: username, at: AT, timeZone: 'Europe/Berlin' });
  const body = exportMessage({ message: message({ text }), sender: username, own: true });
  return read(head + body + exportEnd(false));
}

const HOSTILE = [
  '"><img src=x onerror=alert(1)>',
  'The "Good" Guys/..',
  '</style><script>alert(1)</script>',
  '&lt;b&gt;',
  ']]>',
  "'onmouseover='alert(1)",
  '</title><script>alert(1)</script>',
  '<!-- ',
  '--> <base href=//evil.example>',
  '&amp;quot;',
  '${alert(1)} {{alert(1)}}',
  '<svg/onload=alert(1)>',
];

describe('an exported chat', () => {
  it.each([
    ...HOSTILE,
    '\nbegins with a line',
    'a\r\nb\rc',
    '  two  spaces  ',
    '\u202eright to left',
    '¯\\_(ツ)_/¯',
    '\u0001\u0085',
    '[https://bank.example](https://evil.example)',
  ])('has the text %j exactly', (text) => {
    expect(fileOf(text).querySelector('.text')?.textContent).toBe(text);
  });

  it.each(HOSTILE)('has %j as a name and as nothing else', (name) => {
    const file = fileOf('text', name, name);

    expect(file.title).toBe(name.replace(/\s+/gu, ' ').trim());
    expect(file.querySelector('h1')?.textContent).toBe(name);
    expect(file.querySelector('.by bdi')?.textContent).toBe(name);
    const plain = [...fileOf('text', 'plain').querySelectorAll('*')];
    const elements = [...file.querySelectorAll('*')];
    expect(elements.map(({ tagName }) => tagName)).toEqual(plain.map(({ tagName }) => tagName));
    expect(elements.map((one) => one.getAttributeNames())).toEqual(
      plain.map((one) => one.getAttributeNames()),
    );
  });

  it('links an address as it is shown, and no other scheme', () => {
    const links = (text: string) =>
      [...fileOf(text).querySelectorAll('a')].map((a) => [a.getAttribute('href'), a.textContent]);

    expect(links('see https://example.org/?a="b"&c=<d>')).toEqual([
      ['https://example.org/?a=', 'https://example.org/?a='],
    ]);
    expect(links('[click](javascript:alert(1)) [x](data:text/html,1)')).toEqual([]);
    expect(links('https://google.com@evil.example')).toEqual([]);
    expect(links("https://example.org/'onclick='x")).toHaveLength(1);
    const [link] = fileOf('http://EXÄMPLE.org/').querySelectorAll('a');
    expect(link?.getAttribute('data-host')).toContain('xn--');
    expect(link?.textContent).toBe('http://EXÄMPLE.org/');
  });

  it.each([
    [{ text: null, deletedAt: AT }, 'This message was deleted.'],
    [{ text: null, damaged: true }, "This message can't be read. Its stored data was changed or damaged."],
    [
      { text: null, damaged: true, id: null, senderId: null, sentAt: null },
      'A message is missing here. The server no longer has it.',
    ],
  ])('says what %j is', (over, words) => {
    const file = read(exportMessage({ message: message(over), sender: 'ann', own: false }));

    expect(file.querySelector('.note')?.textContent).toBe(words);
    expect(file.querySelector('.text')).toBeNull();
  });

  it('allows its own style and nothing else', async () => {
    const policy = fileOf('').querySelector('meta[http-equiv]')?.getAttribute('content');
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(EXPORT_STYLE));

    expect(btoa(String.fromCodePoint(...new Uint8Array(digest)))).toBe(EXPORT_STYLE_HASH);
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${EXPORT_STYLE_HASH}'; base-uri 'none'; form-action 'none'`,
    );
    expect(fileOf('').querySelector('style')?.textContent).toBe(EXPORT_STYLE);
    expect(EXPORT_STYLE).not.toMatch(/url\(|@import|&|<\//u);
  });

  it('escapes what HTML would read otherwise', () => {
    expect(escapeHtml(`&<>"'\r\n\0`)).toBe('&amp;&lt;&gt;&quot;&#39;&#13;\n\ufffd');
  });
});

describe('the name of the file', () => {
  it.each([
    ['Holidays', 'secure-chat-Holidays-2026-05-03.html'],
    ['The "Good" Guys/..', 'secure-chat-The-Good-Guys-2026-05-03.html'],
    ['..', 'secure-chat-chat-2026-05-03.html'],
    ['../../etc/passwd', 'secure-chat-etc-passwd-2026-05-03.html'],
    ['a:b\\c|d?e*f<g>h', 'secure-chat-a-b-c-d-e-f-g-h-2026-05-03.html'],
    ['CON', 'secure-chat-CON-2026-05-03.html'],
    ['trailing. ', 'secure-chat-trailing-2026-05-03.html'],
    ['', 'secure-chat-chat-2026-05-03.html'],
    ['\u202elmth.exe', 'secure-chat-lmth.exe-2026-05-03.html'],
    ['a\n\tb\0c', 'secure-chat-a-bc-2026-05-03.html'],
    ['한국 ☕', 'secure-chat-한국-☕-2026-05-03.html'],
  ])('of the chat %j is %s', (title, name) => {
    expect(exportFileName(title, AT)).toBe(name);
  });

  it('fits into what every system allows', () => {
    for (const title of ['x'.repeat(80), '한'.repeat(80), '🙂'.repeat(80)])
      expect(new TextEncoder().encode(exportFileName(title, AT)).length).toBeLessThanOrEqual(160);
  });
});
