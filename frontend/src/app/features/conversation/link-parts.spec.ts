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
  ])('leave the end of the sentence out: %s', (text, href) => {
    expect(links(text)).toEqual([href]);
  });

  it('are found in linear time in a text of nothing but brackets', () => {
    const began = performance.now();

    linkParts(`https://a.example/${'(('.repeat(900)}${'))'.repeat(1_000)}`);

    expect(performance.now() - began).toBeLessThan(500);
  });
});
