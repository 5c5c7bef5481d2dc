import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatKeyFormatError, formatChatKey, parseChatKey } from './chat-key-text.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.split('');
const FIRST_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** The text form that the first version made. */
function firstForm(chatKey: Uint8Array): string {
  const checksum = createHash('sha256').update('secure-chat/checksum/v1').update(chatKey).digest();
  return Buffer.concat([chatKey, checksum.subarray(0, 4)]).toString('base64url');
}

function replaced(text: string, place: number, character: string): string {
  return text.slice(0, place) + character + text.slice(place + 1);
}

describe('the text form of a chat key', () => {
  it('gives the key back, and is twelve groups of five characters that do not look alike', () => {
    fc.assert(
      fc.property(key, (bytes) => {
        const text = formatChatKey(bytes);

        expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){11}$/);
        expect([...parseChatKey(text)]).toEqual([...bytes]);
      }),
    );
  });

  it('is read in any case, with look-alikes, without hyphens or with others, and with white space', () => {
    const spelled = fc.record({
      bytes: key,
      alike: fc.array(fc.constantFrom('O', 'o', 'I', 'i', 'L', 'l', ''), { minLength: 71, maxLength: 71 }),
      lower: fc.array(fc.boolean(), { minLength: 71, maxLength: 71 }),
      between: fc.constantFrom('', '-', ' ', '--', ' - ', '\n'),
      around: fc.constantFrom('', ' ', '\n', '\t \r\n'),
    });
    fc.assert(
      fc.property(spelled, ({ bytes, alike, lower, between, around }) => {
        const characters = Array.from(formatChatKey(bytes)).map((character, index) => {
          const other = alike[index] ?? '';
          if (character === '0' && /o/i.test(other)) return other;
          if (character === '1' && /[il]/i.test(other)) return other;
          return lower[index] ? character.toLowerCase() : character;
        });
        const text = around + characters.join('').replaceAll('-', between) + around;

        expect([...parseChatKey(text)]).toEqual([...bytes]);
      }),
    );
  });

  it('is refused when any one character is another one', () => {
    fc.assert(
      fc.property(key, fc.nat(70), fc.constantFrom(...ALPHABET, 'U'), (bytes, place, typed) => {
        const text = formatChatKey(bytes);
        fc.pre(text[place] !== typed && text[place] !== '-');

        expect(() => parseChatKey(replaced(text, place, typed))).toThrow(ChatKeyFormatError);
      }),
    );
  });

  it('is refused when any two characters are swapped', () => {
    fc.assert(
      fc.property(key, fc.nat(70), fc.nat(70), (bytes, one, other) => {
        const text = formatChatKey(bytes);
        const [a = '', b = ''] = [text[one], text[other]];
        fc.pre(a !== b && a !== '-' && b !== '-');

        expect(() => parseChatKey(replaced(replaced(text, one, b), other, a))).toThrow(ChatKeyFormatError);
      }),
    );
  });

  // The checksum is linear: whether a mistake is noticed depends on where it is and on what it adds, not on the key.
  it('is refused for every one of the possible single mistakes and pairs of mistakes', () => {
    const zero = formatChatKey(new Uint8Array(32)).replaceAll('-', '');
    const syndromes = new Set<string>();
    // What one wrong character of the data does to the checksum, at each of the 51 whole places.
    for (let place = 0; place < 51; place++)
      for (const symbol of ALPHABET.slice(1)) {
        const bits = BigInt(ALPHABET.indexOf(symbol)) << BigInt(5 * (51 - place) - 4);
        const bytes = Buffer.from(bits.toString(16).padStart(64, '0'), 'hex');
        syndromes.add(formatChatKey(bytes).replaceAll('-', '').slice(52));
      }

    // All differ from each other: so do two mistakes. None is like the checksum of nothing, or has one wrong character.
    expect(syndromes.size).toBe(51 * 31);
    for (const syndrome of syndromes) {
      const differing = Array.from(syndrome).filter(
        (character, index) => character !== zero[52 + index],
      ).length;
      expect(differing).toBeGreaterThanOrEqual(2);
    }
  });

  it('is refused when a character is missing, too many, or foreign', () => {
    const text = formatChatKey(new Uint8Array(32).fill(7));

    for (const bad of [
      '',
      '-',
      text.slice(1),
      text.slice(0, -1),
      `${text}0`,
      `${text}=`,
      `${text}é`,
      `0${text}`,
    ])
      expect(() => parseChatKey(bad)).toThrow(ChatKeyFormatError);
    for (const foreign of ['+', '_', 'é', '🙂', 'ß', 'ı', '\u0000'])
      expect(() => parseChatKey(replaced(text, 3, foreign))).toThrow(ChatKeyFormatError);
  });

  it('has only one spelling of its last bits', () => {
    const text = formatChatKey(new Uint8Array(32));

    expect(text).toMatch(/^(?:0{5}-){10}00[0-9A-Z]{3}-/);
    for (const symbol of '123456789ABCDEF')
      expect(() => parseChatKey(replaced(text, 61, symbol))).toThrow(ChatKeyFormatError);
  });

  it('is not repeated by the refusal', () => {
    const mistyped = `${formatChatKey(new Uint8Array(32).fill(9)).slice(0, -1)}!`;

    expect(() => parseChatKey(mistyped)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining(mistyped.slice(0, 8)) as string,
      }) as Error,
    );
  });

  it('does not exist for a key of another length', () => {
    expect(() => formatChatKey(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe('the first text form of a chat key', () => {
  it('still gives the key, with or without white space around it', () => {
    fc.assert(
      fc.property(key, fc.constantFrom('', ' ', '\n', '\t \r\n'), (bytes, space) => {
        expect([...parseChatKey(space + firstForm(bytes) + space)]).toEqual([...bytes]);
      }),
    );
  });

  it('is refused when any one character is another one, also one of another case', () => {
    fc.assert(
      fc.property(key, fc.nat(47), fc.constantFrom(...FIRST_ALPHABET), (bytes, place, typed) => {
        const text = firstForm(bytes);
        fc.pre(text[place] !== typed);

        expect(() => parseChatKey(replaced(text, place, typed))).toThrow(ChatKeyFormatError);
      }),
    );
  });

  it('is refused when two characters are swapped, or the case of all is', () => {
    fc.assert(
      fc.property(key, fc.nat(47), fc.nat(47), (bytes, one, other) => {
        const text = firstForm(bytes);
        const [a = '', b = ''] = [text[one], text[other]];
        fc.pre(a !== b);

        expect(() => parseChatKey(replaced(replaced(text, one, b), other, a))).toThrow(ChatKeyFormatError);
        expect(() => parseChatKey(text.toUpperCase())).toThrow(ChatKeyFormatError);
      }),
    );
  });
});
