const NUMBER_LENGTH = 8;

/** The size of each text in UTF-8. */
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

/** Texts in several scripts, cut at a character boundary and padded with dots to the same number of bytes. */
const FILLERS: readonly string[] = Array.from({ length: 64 }, (_, start) => {
  let text = '';
  for (let i = start; ; i += 5) {
    const longer = `${text} ${WORDS[i % WORDS.length] ?? ''}`;
    if (Buffer.byteLength(longer) > TEXT_BYTES - NUMBER_LENGTH) break;
    text = longer;
  }
  return text + '.'.repeat(TEXT_BYTES - NUMBER_LENGTH - Buffer.byteLength(text));
});

/** Returns the text of the nth message: 200 bytes, unique in the run. */
export function textOf(n: number): string {
  return n.toString(36).padStart(NUMBER_LENGTH, '0') + (FILLERS[n % FILLERS.length] ?? '');
}
