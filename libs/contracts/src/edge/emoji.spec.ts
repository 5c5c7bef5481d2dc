import { describe, expect, it } from 'vitest';
import { isEmoji } from './emoji.js';

describe('isEmoji', () => {
  it.each(['👍', '\u2764\uFE0F', '1\uFE0F\u20E3', '🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩🏽‍🚀', '🫱🏿‍🫲🏻', '🫨'])('takes %s', (emoji) =>
    expect(isEmoji(emoji)).toBe(true),
  );

  it.each([
    ['nothing', ''],
    ['a letter', 'a'],
    ['a digit', '1'],
    ['a variation selector too many', '\u{1F44D}\uFE0F'],
    ['a missing variation selector', '\u2764'],
    ['a dangling joiner', '\u{1F44D}\u200D'],
    ['two emoji', '👍👍'],
    ['an emoji and a space', '👍 '],
    ['a lone skin tone after a letter', 'a\u{1F3FD}'],
    ['a lone surrogate', '\uD83D'],
    ['half a flag', '\u{1F1E9}'],
    ['a direction mark', '\u202E'],
    ['600 letters', 'a'.repeat(600)],
    ['600 emoji', '👍'.repeat(600)],
  ])('refuses %s', (_, text) => expect(isEmoji(text)).toBe(false));
});
