import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatKeyFormatError, createChatKey, formatChatKey, parseChatKey } from './index.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('the text form of a chat key', () => {
  it('gives the key back, with or without white space around it', () => {
    fc.assert(
      fc.property(key, fc.constantFrom('', ' ', '\n', '\t \r\n'), (bytes, space) => {
        const text = formatChatKey(bytes);

        expect(text).toMatch(/^[A-Za-z0-9_-]{48}$/);
        expect([...parseChatKey(space + text + space)]).toEqual([...bytes]);
      }),
    );
  });

  it('is refused when any one character is another one', () => {
    fc.assert(
      fc.property(key, fc.nat(47), fc.constantFrom(...ALPHABET.split('')), (bytes, place, typed) => {
        const text = formatChatKey(bytes);
        fc.pre(text[place] !== typed);

        expect(() => parseChatKey(text.slice(0, place) + typed + text.slice(place + 1))).toThrow(
          ChatKeyFormatError,
        );
      }),
    );
  });

  it('is refused when two characters are swapped', () => {
    fc.assert(
      fc.property(key, fc.nat(47), fc.nat(47), (bytes, one, other) => {
        const characters = formatChatKey(bytes).split('');
        const [a = '', b = ''] = [characters[one], characters[other]];
        fc.pre(a !== b);
        characters[one] = b;
        characters[other] = a;

        expect(() => parseChatKey(characters.join(''))).toThrow(ChatKeyFormatError);
      }),
    );
  });

  it('is refused when a character is missing, too many, or foreign', () => {
    const text = formatChatKey(createChatKey());

    for (const bad of [
      '',
      text.slice(1),
      text.slice(0, -1),
      `${text}A`,
      `${text}=`,
      text.replace(/.$/, '+'),
      `${text}é`,
    ])
      expect(() => parseChatKey(bad)).toThrow(ChatKeyFormatError);
    expect(() => parseChatKey(`${text.slice(0, 24)} ${text.slice(24)}`)).toThrow(ChatKeyFormatError);
  });

  it('the refusal does not repeat what was typed', () => {
    const mistyped = `${formatChatKey(createChatKey()).slice(0, -1)}!`;

    expect(() => parseChatKey(mistyped)).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining(mistyped.slice(0, 8)) as string,
      }) as Error,
    );
  });

  it('a key of another length has none', () => {
    expect(() => formatChatKey(new Uint8Array(31))).toThrow(RangeError);
  });

  it('no two keys made are alike', () => {
    const made = new Set(Array.from({ length: 100 }, () => createChatKey().toString('hex')));

    expect(made.size).toBe(100);
    expect(createChatKey().length).toBe(32);
  });
});
