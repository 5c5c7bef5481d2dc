/** A piece of a text, by its positions in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What a search does not look at: accents, points and other marks that many scripts share, and what is invisible. The
 * voiced marks of Japanese stay, because they make another letter; so do the vowels of Indic scripts.
 */
const IGNORED =
  /(?![\u3099\u309a])(?:(?=[\p{Script=Inherited}\p{Script=Hebrew}])\p{M}|\p{Default_Ignorable_Code_Point})/gu;
/** Letters that Unicode does not take apart, though a reader sees an accent or two letters. */
const LETTERS: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ħ: 'h',
  ŧ: 't',
  æ: 'ae',
  œ: 'oe',
  ς: 'σ',
};
const LETTER = /[łøđħŧæœς]/gu;
/** A Japanese letter with its voiced mark. */
const VOICED = /[\u3040-\u30ff][\u3099\u309a]/gu;
/** Each unit is one character to a reader: all of ASCII but a line's end in two of them. */
const SINGLE = /^(?:(?!\r)\p{ASCII})*$/u;

/** Made when it is first needed: it takes a while. */
let segmenter: Intl.Segmenter | undefined;

/**
 * A text without case, accents and forms of the same letter, by the rules of no language. Folding the characters of a
 * text one by one, as a reader counts them, gives the same.
 */
export function foldText(text: string): string {
  const whole = text.normalize('NFKD').replace(VOICED, (letter) => letter.normalize('NFC'));
  const bare = whole.replace(IGNORED, '');
  // Lower, upper, lower: ẞ and ß become ss, and both kinds of i one.
  const oneCase = bare.toLowerCase().toUpperCase().toLowerCase();
  return oneCase.replace(LETTER, (letter) => LETTERS[letter] ?? letter).replace(/\s/gu, ' ');
}

/** Looks for one text in others, without regard to case and accents. What is looked for is text, never a pattern. */
export class TextSearch {
  readonly #wanted: string;
  readonly #fold: (text: string) => string;

  /** @param text what to look for; white space around it does not count */
  constructor(text: string) {
    const trimmed = text.trim();
    const folded = foldText(trimmed);
    // An accent alone, or something invisible, is looked for as it is.
    this.#fold = folded === '' ? (other) => other : foldText;
    this.#wanted = folded === '' ? trimmed : folded;
  }

  /** Whether there is nothing to look for. */
  get empty(): boolean {
    return this.#wanted === '';
  }

  /** Whether a text contains what is looked for. */
  isIn(text: string): boolean {
    return !this.empty && this.#fold(text).includes(this.#wanted);
  }

  /**
   * The pieces of a text that were found, ascending and apart: whole characters as a reader counts them, so none begins
   * or ends within an accented letter, a syllable or an emoji.
   * @param most finds no more than this
   */
  ranges(text: string, most = Number.POSITIVE_INFINITY): readonly TextRange[] {
    if (this.empty) return [];
    const folded = this.#fold(text);
    const { length } = this.#wanted;
    const places: number[] = [];
    for (let at = folded.indexOf(this.#wanted); at !== -1; at = folded.indexOf(this.#wanted, at + length)) {
      if (places.push(at) >= most) break;
    }
    const last = places.at(-1);
    if (last === undefined) return [];
    const origins = SINGLE.test(text) ? null : this.#origins(text, last + length);
    return joined(
      places.map((at) => ({
        start: origins ? (origins[at]?.start ?? 0) : at,
        end: origins ? (origins[at + length - 1]?.end ?? text.length) : at + length,
      })),
    );
  }

  /** Of which character of a text each of the first `count` units of the folded text is. */
  #origins(text: string, count: number): readonly TextRange[] {
    segmenter ??= new Intl.Segmenter('en');
    const origins: TextRange[] = [];
    for (const { segment, index } of segmenter.segment(text)) {
      const origin = { start: index, end: index + segment.length };
      for (let unit = this.#fold(segment).length; unit > 0; unit--) origins.push(origin);
      if (origins.length >= count) break;
    }
    return origins;
  }
}

/** Ranges that touch each other as one. @param ranges ascending */
function joined(ranges: readonly TextRange[]): readonly TextRange[] {
  const apart: TextRange[] = [];
  for (const range of ranges) {
    const last = apart.at(-1);
    if (last && range.start <= last.end) apart.splice(-1, 1, { start: last.start, end: range.end });
    else apart.push(range);
  }
  return apart;
}
