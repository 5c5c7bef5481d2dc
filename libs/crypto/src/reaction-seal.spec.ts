import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OpenError } from './aead.js';
import { openReaction, sealReaction, type ReactionContext } from './reaction-seal.js';

const key = createSecretKey(randomBytes(32));
const context: ReactionContext = {
  chatId: randomBytes(16),
  messageId: randomBytes(16),
  userId: randomBytes(16),
};

describe('a sealed reaction', () => {
  it.each(['👍', '\u2764\uFE0F', '👩🏽‍🚀'])('opens as %s', (emoji) => {
    expect(openReaction(key, context, sealReaction(key, context, emoji))).toBe(emoji);
  });

  it.each(['chatId', 'messageId', 'userId'] as const)('does not open with another %s', (part) => {
    const sealed = sealReaction(key, context, '👍');

    expect(() => openReaction(key, { ...context, [part]: randomBytes(16) }, sealed)).toThrow(OpenError);
  });

  it('does not open with another key, with a bit changed, or cut', () => {
    const sealed = sealReaction(key, context, '👍');

    expect(() => openReaction(createSecretKey(randomBytes(32)), context, sealed)).toThrow(OpenError);
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8((changed[i] ?? 0) ^ 1, i);
      expect(() => openReaction(key, context, changed)).toThrow(OpenError);
    }
    expect(() => openReaction(key, context, sealed.subarray(0, 20))).toThrow(OpenError);
  });

  it('refuses an id of a wrong size and a lone surrogate', () => {
    expect(() => sealReaction(key, { ...context, userId: randomBytes(15) }, '👍')).toThrow(RangeError);
    expect(() => sealReaction(key, context, '\uD83D')).toThrow(RangeError);
  });
});
