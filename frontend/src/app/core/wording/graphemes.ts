const graphemes = new Intl.Segmenter('en');

/**
 * The beginning of a text, cut where a reader sees one character end: no emoji and no accent is cut in two.
 * @param text any text
 * @param most how many characters it may have as a reader counts them
 * @returns the text itself where it is short enough
 */
export function beginning(text: string, most: number): string {
  let count = 0;
  for (const { index } of graphemes.segment(text)) if (count++ === most) return text.slice(0, index);
  return text;
}
