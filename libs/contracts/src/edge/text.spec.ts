import { describe, expect, it } from 'vitest';
import { ChatName, MessageText } from '../bus/index.js';
import { isSendableText, isVisibleText } from './text.js';

const INVISIBLE: Readonly<Record<string, string>> = {
  nothing: '',
  'white space': ' \t\n\u00a0\u0085\u2003\u3000',
  'zero-width characters': '\u200b\u200c\u200d\ufeff\u2060',
  'directional marks': '\u200e\u200f\u202a\u202e\u2066\u061c',
  'a soft hyphen': '\u00ad',
  'variation selectors and tags': '\ufe0f\u{e0001}\u{e0041}\u{e0100}',
  'a combining grapheme joiner': '\u034f',
  'invisible operators': '\u2061\u2062\u2063\u2064',
  'Hangul fillers': '\u115f\u1160\u3164\uffa0',
  'Khmer inherent vowels': '\u17b4\u17b5',
  'Mongolian separators': '\u180b\u180e\u180f',
  'musical format controls': '\u{1d173}\u{1d17a}',
  'shorthand format controls': '\u{1bca0}\u{1bca3}',
  'unassigned ignorable code points': '\u2065\ufff0\u{e0fff}',
  'the blank Braille pattern': '\u2800',
};

const VISIBLE = [
  'a',
  '0',
  '·',
  '한',
  '\u1100',
  'e\u0301',
  '\u0301',
  '👍🏽',
  '❤️',
  '\u0000',
  '\u001b',
  '\u2801',
  '\ue000',
];

describe('a text that nobody could see', () => {
  it.each(Object.entries(INVISIBLE))('is neither a message nor a name: %s', (_, text) => {
    expect(isSendableText(text)).toBe(false);
    expect(isVisibleText(text, 80)).toBe(false);
    expect(MessageText.safeParse(text).success).toBe(false);
    expect(ChatName.safeParse(text).success).toBe(false);
  });

  it('may stand around a character that can be seen, and stays as it was sent', () => {
    const around = Object.values(INVISIBLE).join('');
    for (const character of VISIBLE) {
      expect(MessageText.parse(around + character + around)).toBe(around + character + around);
      expect(ChatName.safeParse(character).success).toBe(true);
    }
  });
});

describe('a text', () => {
  it('counts by code points, 4,000 at most', () => {
    expect(isSendableText('😀'.repeat(4_000))).toBe(true);
    expect(isSendableText('😀'.repeat(4_001))).toBe(false);
    expect(isSendableText(`${'😀'.repeat(3_999)}ab`)).toBe(false);
    expect(isSendableText('a'.repeat(4_001))).toBe(false);
  });

  it.each(['a\ud800', '\udc00a', 'a\ud800b', '\udc00\ud800', '\ud800'])(
    'is refused with a lone surrogate: %j',
    (text) => {
      expect(MessageText.safeParse(text).success).toBe(false);
      expect(ChatName.safeParse(text).success).toBe(false);
    },
  );
});
