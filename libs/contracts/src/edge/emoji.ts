/** The longest emoji of the set has far fewer UTF-16 units. */
const MAX_UNITS = 64;

let pattern: RegExp | undefined;

/**
 * Whether a text is one emoji of Unicode's RGI set, fully qualified (UTS #51, ED-27): with U+FE0F where the set has it,
 * and without it elsewhere.
 */
export function isEmoji(text: string): boolean {
  // By the constructor, since the compiler's target has no flag `v` yet.
  pattern ??= new RegExp('^\\p{RGI_Emoji}$', 'v');
  return text.length <= MAX_UNITS && pattern.test(text);
}
