import { TextSearch } from '@app/client/long-reading';
import { excerptOf } from './search-excerpt';

const excerpt = (text: string, wanted: string) => excerptOf(text, new TextSearch(wanted).ranges(text));
const marks = (text: string, wanted: string): readonly string[] =>
  excerpt(text, wanted).parts.flatMap((part) => (part.marked ? [part.text] : []));
const whole = (text: string, wanted: string): string =>
  excerpt(text, wanted)
    .parts.map((part) => part.text)
    .join('');

describe('what a hit shows', () => {
  it.each([
    ['varie\u0301 and varié', 'varie', ['varie\u0301', 'varié']],
    ['STRASSE, straße', 'strasse', ['STRASSE', 'straße']],
    ['ﬁn', 'fin', ['ﬁn']],
    ['İstanbul', 'i', ['İ']],
    ['한국', '한국', ['한국']],
  ])('of the short text %j is all of it, marked as it is written', (text, wanted, marked) => {
    expect(whole(text, wanted)).toBe(text);
    expect(marks(text, wanted)).toEqual(marked);
    expect(excerpt(text, wanted)).toMatchObject({ cutBefore: false, cutAfter: false });
  });

  it.each(['2018.', '>', '---', '<b>', '&nbsp;', '\\', '![](x)', '```'])('of %j is what was sent', (text) => {
    expect(whole(text, text)).toBe(text);
    expect(marks(text, text)).toEqual([text]);
  });

  it('of a long text is a piece around the first mark', () => {
    const text = `${'before '.repeat(100)}needle${' after'.repeat(100)} needle`;
    const { parts, cutBefore, cutAfter } = excerpt(text, 'NEEDLE');

    expect(text).toContain(parts.map((part) => part.text).join(''));
    expect(parts.map(({ marked }) => marked)).toEqual([false, true, false]);
    expect(parts[0]?.text.length).toBe(40);
    expect([cutBefore, cutAfter]).toEqual([true, true]);
  });

  it('begins with the line of the first mark where many lines stand before it', () => {
    expect(excerpt('\n'.repeat(30) + 'a needle', 'needle').parts[0]?.text).toBe('a ');
    expect(excerpt('a\r\nb\r\nc\r\nd needle', 'needle').parts[0]?.text).toBe('d ');
    expect(excerpt('needle\n'.repeat(60), 'needle').cutBefore).toBe(false);
  });

  it('never cuts a character in two', () => {
    const family = '👨‍👩‍👧‍👦';
    for (let shift = 0; shift < family.length; shift++) {
      const text = `${'x'.repeat(shift)}${family.repeat(20)}needle${family.repeat(30)}`;
      const shown = whole(text, 'needle');
      expect(shown).toMatch(/^x*(?:👨‍👩‍👧‍👦)*needle(?:👨‍👩‍👧‍👦)*$/u);
    }
  });

  it.each(['`', '*', '[', '- ', 'e\u0301', '한', '![', '\u202e', 'a b '])(
    'of 4,000 characters made of %j is short, whatever was searched for',
    (piece) => {
      const text = piece.repeat(4_000 / piece.length);
      for (const wanted of [piece, text, piece.repeat(100)])
        expect(whole(text, wanted).length).toBeLessThanOrEqual(200);
    },
  );
});
