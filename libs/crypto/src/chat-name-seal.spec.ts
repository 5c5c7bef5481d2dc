import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createChatKey,
  deriveMessageKey,
  deriveNameKey,
  OpenError,
  openChatName,
  sealChatName,
} from './index.js';

const chatKey = createChatKey();
const chatId = randomBytes(16);
const nameKey = deriveNameKey(chatKey, chatId);

describe('a sealed chat name', () => {
  it('opens as the name that was sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(openChatName(nameKey, chatId, sealChatName(nameKey, chatId, name))).toBe(name);
      }),
    );
  });

  it('is refused when any bit was flipped or it was cut', () => {
    const sealed = sealChatName(nameKey, chatId, 'Zwei');

    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openChatName(nameKey, chatId, changed)).toThrow(OpenError);
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => openChatName(nameKey, chatId, sealed.subarray(0, length))).toThrow(OpenError);
  });

  it('is refused for another chat and under another key', () => {
    const sealed = sealChatName(nameKey, chatId, 'Zwei');

    expect(() => openChatName(nameKey, randomBytes(16), sealed)).toThrow(OpenError);
    expect(() => openChatName(nameKey, chatId.subarray(1), sealed)).toThrow(OpenError);
    expect(() => openChatName(deriveMessageKey(chatKey, chatId), chatId, sealed)).toThrow(OpenError);
    expect(() => openChatName(deriveNameKey(createChatKey(), chatId), chatId, sealed)).toThrow(OpenError);
  });

  it('is not made of a name with a lone surrogate, nor for an id of another length', () => {
    expect(() => sealChatName(nameKey, chatId, '\uDC00')).toThrow(RangeError);
    expect(() => sealChatName(nameKey, chatId.subarray(1), 'a')).toThrow(RangeError);
  });
});
