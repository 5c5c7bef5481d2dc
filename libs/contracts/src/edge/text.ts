import { LIMITS } from './limits.js';

/**
 * A visible code point. Unicode's White_Space and Default_Ignorable_Code_Point (which includes the Hangul fillers) are
 * not visible, and neither is the blank Braille pattern.
 */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\u115f\u1160\u3164\uffa0]/u;

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Returns the number of Unicode code points in a text.
 * @param text any text; a lone surrogate counts as one
 */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit <= 0xdfff) {
      const before = text.charCodeAt(i - 1);
      if (before >= 0xd800 && before <= 0xdbff) count--;
    }
  }
  return count;
}

/**
 * Whether a text may be a message or a chat's name: at least one code point is visible, none is a lone surrogate, and
 * the text is not too long.
 * @param text the text exactly as it would be stored
 * @param max the maximum number of code points
 */
export function isVisibleText(text: string, max: number): boolean {
  return (
    text.length <= max * 2 &&
    VISIBLE.test(text) &&
    // A text has at most as many code points as UTF-16 units.
    (text.length <= max || codePoints(text) <= max) &&
    !LONE_SURROGATE.test(text)
  );
}

/**
 * Whether a message text may be sent: 1 to 4,000 code points, one of them visible.
 * @param text the text exactly as it would be stored
 */
export function isSendableText(text: string): boolean {
  return isVisibleText(text, LIMITS.textMax);
}
