const graphemes = new Intl.Segmenter('en');

/**
 * Returns the beginning of a text, cut between graphemes, so that no emoji and no accent is split.
 * @param text any text
 * @param most the maximum number of graphemes
 * @returns the text itself if it is short enough
 */
export function beginning(text: string, most: number): string {
  let count = 0;
  for (const { index } of graphemes.segment(text)) if (count++ === most) return text.slice(0, index);
  return text;
}
