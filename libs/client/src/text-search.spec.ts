import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText, TextSearch } from './text-search.js';

const found = (text: string, wanted: string): readonly string[] =>
  new TextSearch(wanted).ranges(text).map(({ start, end }) => text.slice(start, end));

describe('what is found of a text', () => {
  it.each([
    // Accents, in one code point or two
    ['varié', 'varie', ['varié']],
    ['varie\u0301!', 'varie', ['varie\u0301']],
    ['varie', 'VARIÉ', ['varie']],
    ['Ångström', 'angstrom', ['Ångström']],
    ['Łódź, Søren, Đorđe', 'lodz', ['Łódź']],
    ['ёлка и елка', 'елка', ['ёлка', 'елка']],
    ['كَتَبَ', 'كتب', ['كَتَبَ']],
    // Case, where lengths change
    ['İstanbul', 'istanbul', ['İstanbul']],
    ['istanbul', 'İSTANBUL', ['istanbul']],
    ['ısı', 'ISI', ['ısı']],
    ['STRASSE', 'straße', ['STRASSE']],
    ['straße', 'STRASSE', ['straße']],
    ['GROẞ', 'gross', ['GROẞ']],
    ['ΟΔΟΣ', 'οδος', ['ΟΔΟΣ']],
    // Ligatures and wide forms: what is marked is what was written
    ['ﬁn', 'fin', ['ﬁn']],
    ['ﬁn', 'i', ['ﬁ']],
    ['eﬀort', 'effort', ['eﬀort']],
    ['Ｗｉｄｅ', 'wide', ['Ｗｉｄｅ']],
    ['œuvre', 'oeuvre', ['œuvre']],
    // Hangul, composed and as jamo
    ['한국', '한국', ['한국']],
    ['한국'.normalize('NFD'), '한국', ['한국'.normalize('NFD')]],
    ['한국', '하', ['한']],
    ['대한민국', '민국'.normalize('NFD'), ['민국']],
    // Other letters stay other letters
    ['が', 'か', []],
    ['か', 'が', []],
    ['ｶﾞ', 'ガ', ['ｶﾞ']],
    ['が'.normalize('NFD'), 'が', ['が'.normalize('NFD')]],
    ['नमस्ते', 'नमस्ता', []],
    // Never a pattern
    ['a:b', 'a:b', ['a:b']],
    ['ab', 'a:b', []],
    ['x .* y', '.*', ['.*']],
    ['xy', '.*', []],
    [':-(', '(', ['(']],
    ['C:\\new', '\\', ['\\']],
    ['[a-z]', '[a-z]', ['[a-z]']],
    ['$&', '$&', ['$&']],
    // Invisible
    ['ab\u202edc', '\u202e', ['\u202e']],
    ['ab\u202edc', 'abdc', ['ab\u202edc']],
    ['co\u00adoperate', 'cooperate', ['co\u00adoperate']],
    ['e\u0301', '\u0301', ['e\u0301']],
    ['nothing', '\u202e', []],
    // Whole emoji
    ['look 👨‍👩‍👧!', '👩', ['👨‍👩‍👧']],
    ['❤ and ❤️', '❤️', ['❤', '❤️']],
    ['two\nlines', 'two lines', ['two\nlines']],
    ['one\r\ntwo', 'e', ['e']],
    ['aXa x', ' x ', ['X', 'x']],
    ['aaaa', 'aa', ['aaaa']],
    ['', 'a', []],
    ['a', '  ', []],
  ])('%j, looking for %j', (text, wanted, pieces) => {
    expect(found(text, wanted)).toEqual(pieces);
    expect(new TextSearch(wanted).isIn(text)).toBe(pieces.length > 0);
  });

  it('is no more than was asked for', () => {
    expect(new TextSearch('a').ranges('a b '.repeat(2_000), 3)).toEqual([
      { start: 0, end: 1 },
      { start: 4, end: 5 },
      { start: 8, end: 9 },
    ]);
  });

  const letters = fc.constantFrom(
    ...Array.from(
      'aAeéß İıſﬁﬀ한국하한ΣσςŁøあがか\u3099\u0301\u0308\u0315\u202e\u200d\ufe0f👨👩👍🏽🇩🇪\r\n.*\\(',
    ),
    'e\u0301',
    'ﷺ',
    '👨‍👩‍👧',
  );
  const texts = fc.array(letters, { maxLength: 24 }).map((all) => all.join(''));
  const wanted = fc.array(letters, { minLength: 1, maxLength: 3 }).map((all) => all.join(''));

  it('is a piece of the text that says what was looked for', () => {
    fc.assert(
      fc.property(texts, wanted, (text, looked) => {
        const search = new TextSearch(looked);
        const ranges = search.ranges(text);
        expect(ranges.length > 0).toBe(search.isIn(text));
        let last = -1;
        for (const { start, end } of ranges) {
          expect(start).toBeGreaterThan(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(search.isIn(text.slice(start, end))).toBe(true);
          last = end;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('contains the text itself, however it is written', () => {
    fc.assert(
      fc.property(texts, texts, texts, (before, text, after) => {
        fc.pre(text.trim() !== '');
        // What has nothing but accents is looked for as it is.
        const others = [text.normalize('NFC'), text.normalize('NFD'), text.toLowerCase()];
        const forms = foldText(text.trim()) === '' ? [text] : [text, ...others];
        for (const form of forms)
          expect(new TextSearch(form).isIn(`${before} ${text} ${after}`), JSON.stringify(form)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is folded alike as a whole and piece by piece', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = [...new Intl.Segmenter('en').segment(text)].map(({ segment }) => foldText(segment));
        expect(pieces.join('')).toBe(foldText(text));
      }),
      { numRuns: 2_000 },
    );
  });
});
