import { linkParts } from './link-parts';

function links(text: string): readonly (string | null)[] {
  return linkParts(text).flatMap(({ href }) => (href === null ? [] : [href]));
}

describe('the parts of a text', () => {
  it('join to the text again, whatever is in it', () => {
    for (const text of [
      '',
      'plain',
      'https://a.example',
      'a https://b.example/c, d http:// mailto: e',
      '<a href="http://x">',
    ])
      expect(
        linkParts(text)
          .map((part) => part.text)
          .join(''),
      ).toBe(text);
  });

  it('are links for http, https and mailto, in any case', () => {
    expect(links('http://a.example HTTPS://B.example mailto:me@c.example')).toEqual([
      'http://a.example/',
      'https://b.example/',
      'mailto:me@c.example',
    ]);
  });

  it('are no links for other schemes, or for what is no address', () => {
    expect(
      links('javascript:alert(1) data:text/html,x ftp://a.example file:///etc http:// mailto:nobody'),
    ).toEqual([]);
  });

  it.each([
    ['See https://a.example.', 'https://a.example/'],
    ['(https://a.example/b)', 'https://a.example/b'],
    ['https://a.example/b_(c)', 'https://a.example/b_(c)'],
    ['"https://a.example/?q=1!"', 'https://a.example/?q=1'],
    ['https://a.example/b…', 'https://a.example/b'],
    ['看 https://a.example/b。', 'https://a.example/b'],
    ['（https://a.example/b）', 'https://a.example/b'],
    ['看 https://a.example/b，然后', 'https://a.example/b'],
    ['「https://a.example/b」です', 'https://a.example/b'],
    ['【https://a.example/b】', 'https://a.example/b'],
    ['https://a.example/b、https', 'https://a.example/b'],
    ['https://a.example/b！？', 'https://a.example/b'],
    ['https://a.example/b；', 'https://a.example/b'],
    ['هل رأيت https://a.example/b؟', 'https://a.example/b'],
    ['https://a.example/b، ثم', 'https://a.example/b'],
    ['देखो https://a.example/b।', 'https://a.example/b'],
    ['https://a.example/b։', 'https://a.example/b'],
    ['https://a.example/b።', 'https://a.example/b'],
    ['„https://a.example/b“', 'https://a.example/b'],
    ['«https://a.example/b»', 'https://a.example/b'],
    ['‘https://a.example/b’', 'https://a.example/b'],
    ['‹https://a.example/b›', 'https://a.example/b'],
    ['https://a.example/b — so', 'https://a.example/b'],
    ['https://a.example/b—so', 'https://a.example/b'],
    ['<https://a.example/b>', 'https://a.example/b'],
    ['*https://a.example/b*', 'https://a.example/b'],
    ['_https://a.example/b_', 'https://a.example/b'],
    ['`https://a.example/b`', 'https://a.example/b'],
    ['|https://a.example/b|', 'https://a.example/b'],
    ['[see](https://a.example/b)', 'https://a.example/b'],
    ['https://a.example/b\u200f.', 'https://a.example/b'],
    ['\u2068https://a.example/b\u2069.', 'https://a.example/b'],
    ['https://a.example/b\u200b', 'https://a.example/b'],
  ])('leave the end of the sentence out: %s', (text, href) => {
    expect(links(text)).toEqual([href]);
  });

  it.each([
    'https://a.example/b_',
    'https://a.example/b-',
    'https://a.example/b/',
    'https://a.example/?q=a&b=',
    'https://a.example/#a;b=1',
    'https://ja.example/wiki/カードキャプターさくら・クリアカード編',
    'https://fr.example/wiki/L’Oréal',
    'https://en.example/wiki/Hardy–Littlewood',
    'https://fa.example/wiki/می\u200cخواهم',
    'https://hi.example/wiki/हिन्दी',
    'https://he.example/ויקיפדיה',
    'https://a.example/(a)[b]',
    'https://[2001:db8::1]:8443/x',
  ])('keep the whole of an address: %s', (text) => {
    expect(linkParts(`see ${text} there`)[1]?.text).toBe(text);
  });

  it.each([
    'https://google.com@evil.example/',
    'https://google.com:443@evil.example/',
    'https://google.com%2f@evil.example',
    'https://@evil.example',
    'https://a.example/\u202egpj.exe',
    'https://a.example\u202e/moc.elgoog',
    'https://a\u200b.example',
    'https://a.example/x\u2066y',
    'https://a.example/x\u0000y',
    'https://exa\u00admple.com',
    'https://exa\u3164mple.com',
    'xhttps://a.example',
  ])('are no link where one would see another address than is opened: %j', (text) => {
    expect(links(text)).toEqual([]);
  });

  it.each([
    ['https://аpple.com', 'xn--pple-43d.com'],
    ['https://аррӏе.com/x', 'xn--80ak6aa92e.com'],
    ['https://münchen.example', 'xn--mnchen-3ya.example'],
    ['https://ｇｏｏｇｌｅ.com', 'google.com'],
    ['https://ex%61mple.com', 'example.com'],
    ['http://0x7f.1/', '127.0.0.1'],
    ['https://faß.example', 'xn--fa-hia.example'],
    ['mailto:me@аpple.com', 'me@%D0%B0pple.com'],
  ])('say which host they open where it is not written so: %s', (text, host) => {
    expect(linkParts(text)).toEqual([expect.objectContaining({ text, host })]);
  });

  it.each(['https://a.example/ü', 'HTTPS://A.Example:8443/b', 'https://a.example.', 'mailto:me@a.example'])(
    'say nothing more where the host is written as it is: %s',
    (text) => {
      expect(linkParts(text)[0]?.host).toBeNull();
    },
  );

  it('show what they open, whatever the text is', () => {
    const pieces = [
      'https://',
      'mailto:',
      'a.example',
      '/b',
      '@',
      '。',
      '.',
      ')',
      '(',
      '\u202e',
      '\u200b',
      'а',
      ' ',
      '\\',
      '?q',
      '%',
      '\n',
    ];
    const pairs = pieces.flatMap((a) => pieces.map((b) => a + b));
    for (const text of ['https://', 'https://a.example', 'mailto:'].flatMap((a) => pairs.map((b) => a + b))) {
      const parts = linkParts(text);
      const shown = parts.filter(({ href }) => href !== null);
      const urls = shown.map(({ href }) => new URL(href ?? ''));

      expect(parts.map((part) => part.text).join('')).toBe(text);
      expect(urls.map(({ username, password }) => username + password).join('')).toBe('');
      expect(shown.filter((part) => /[\u202e\u200b\s。\\]|[.,!?]$/u.test(part.text))).toEqual([]);
      const unsaid = shown.filter(({ host, text: address }, index) => {
        return host === null && !address.toLowerCase().includes(urls[index]?.host ?? '');
      });
      expect(unsaid).toEqual([]);
    }
  });

  it('are found in linear time in a text of nothing but brackets', () => {
    const began = performance.now();

    linkParts(`https://a.example/${'(('.repeat(900)}${'))'.repeat(1_000)}`);
    linkParts(`https://a.example/${')'.repeat(4_000)}`);
    linkParts(`https://a.example/x${'\u200b'.repeat(4_000)}`);
    linkParts('https://a\u200b'.repeat(400));

    expect(performance.now() - began).toBeLessThan(500);
  });
});
