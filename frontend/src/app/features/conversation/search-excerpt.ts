import type { TextRange } from '@app/client/long-reading';

/** A piece of an excerpt, and whether it was searched for. */
export interface ExcerptPart {
  readonly text: string;
  readonly marked: boolean;
}

/** What a hit shows of its message. */
export interface Excerpt {
  /** Joined, they are a piece of the message's text. */
  readonly parts: readonly ExcerptPart[];
  /** Whether the text has more before and after it. */
  readonly cutBefore: boolean;
  readonly cutAfter: boolean;
}

/** The most that a hit shows, and the most of it that stands before the first mark. In UTF-16 units. */
const LENGTH = 200;
const BEFORE = 40;
/** A text with more lines than this is not shown from its beginning. */
const LINES = 3;

const graphemes = new Intl.Segmenter('en');

/**
 * The part of a text around the first thing that was found in it; a short text as a whole.
 * @param found pieces of the text, ascending
 */
export function excerptOf(text: string, found: readonly TextRange[]): Excerpt {
  const first = found[0]?.start ?? 0;
  const isShort = text.length <= LENGTH && text.split(/\r\n|\r|\n/u, LINES + 1).length <= LINES;
  const start = isShort ? 0 : cut(text, beginning(text, first));
  const end = isShort ? text.length : cut(text, start + LENGTH);
  const parts: ExcerptPart[] = [];
  let at = start;
  const add = (to: number, marked: boolean): void => {
    if (to > at) parts.push({ text: text.slice(at, to), marked });
    at = Math.max(at, to);
  };
  for (const range of found) {
    add(Math.min(range.start, end), false);
    add(Math.min(range.end, end), true);
  }
  add(end, false);
  return { parts, cutBefore: start > 0, cutAfter: end < text.length };
}

/** A little before what was found, on the same line. */
function beginning(text: string, first: number): number {
  const line = Math.max(text.lastIndexOf('\n', first - 1), text.lastIndexOf('\r', first - 1)) + 1;
  return first === 0 ? 0 : Math.max(first - BEFORE, line);
}

/** The beginning of the character that a place lies in, as a reader counts characters. */
function cut(text: string, place: number): number {
  return place >= text.length
    ? text.length
    : (graphemes.segment(text).containing(place)?.index ?? text.length);
}
