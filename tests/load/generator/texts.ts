const NUMBER_LENGTH = 8;

/** What a text weighs as UTF-8. */
export const TEXT_BYTES = 200;

const WORDS = [
  'Grüße',
  '你好',
  'привет',
  'γειά',
  '😀',
  'naïve',
  'שלום',
  'どうも',
  '👍🏽',
  'plain',
  'words',
  'again',
];

/** Texts of several scripts, cut to the same number of bytes at a character's border and filled with dots. */
const FILLERS: readonly string[] = Array.from({ length: 64 }, (_, start) => {
  let text = '';
  for (let i = start; ; i += 5) {
    const longer = `${text} ${WORDS[i % WORDS.length] ?? ''}`;
    if (Buffer.byteLength(longer) > TEXT_BYTES - NUMBER_LENGTH) break;
    text = longer;
  }
  return text + '.'.repeat(TEXT_BYTES - NUMBER_LENGTH - Buffer.byteLength(text));
});

/** The text of the nth message: 200 bytes, unlike any other one of the run. */
export function textOf(n: number): string {
  return n.toString(36).padStart(NUMBER_LENGTH, '0') + (FILLERS[n % FILLERS.length] ?? '');
}
