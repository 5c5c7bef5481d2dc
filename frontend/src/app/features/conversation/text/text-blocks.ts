import { linkParts, type TextPart } from '../link-parts';
import type { PlainSpan, TextBlock, TextSpan } from './text-parts';
import { TextReader } from './text-reader';

/** More of a message than this is shown as it was written. */
const MOST_CHARACTERS = 8_000;
const MOST_MARKS = 500;
const MAY_BE_MARK = /\*+|_+|~+|`+|>|(?:[-+]|\d[.)])(?=\s|$)/g;
const MAY_BE_FORMATTED = /[*_~`>]|(?:^|\n)[ \t]*(?:\\?[-+]|\d{1,9}\\?[.)])[ \t]/;

/**
 * Reads the small part of markdown that messages may have: bold, italic, strikethrough, code, quotes and lists. Nothing
 * but marks is lost: what would show nothing, or less than was written, is shown as it was written.
 * @param source a message as it was written
 */
export function textBlocks(source: string): readonly TextBlock[] {
  const links = linkParts(source);
  const plain: readonly TextBlock[] = [
    { kind: 'text', spans: links.map((part): PlainSpan => ({ kind: 'text', ...part })) },
  ];
  if (!MAY_BE_FORMATTED.test(source) || source.length > MOST_CHARACTERS) return plain;
  if ((source.match(MAY_BE_MARK)?.length ?? 0) > MOST_MARKS) return plain;
  const reader = new TextReader(source, links, protectingBackslashes(source, links));
  const blocks = reader.read();
  return !reader.isFull && unmarked(shownText(blocks)) === unmarked(source) ? blocks : plain;
}

/** Every character that is shown, in its order. */
export function shownText(blocks: readonly TextBlock[]): string {
  return blocks
    .map((block) => {
      if (block.kind === 'text') return spanText(block.spans);
      if (block.kind === 'code') return `${block.label}\n${block.code}`;
      if (block.kind === 'quote') return shownText(block.blocks);
      return block.items.map(({ mark, blocks: inner }) => mark + shownText(inner)).join('\n');
    })
    .join('\n');
}

function spanText(spans: readonly TextSpan[]): string {
  return spans.map((span) => ('text' in span ? span.text : spanText(span.spans))).join('');
}

/** What must be the same before and after: all but white space and what may be a mark. */
function unmarked(text: string): string {
  return text.replace(/[\s*_~`>\\]+/gu, '');
}

/** The backslashes without which there would be a mark. */
function protectingBackslashes(source: string, links: readonly TextPart[]): ReadonlySet<number> {
  const before = new Map<number, number>();
  const bare = withoutBackslashes(source, (offset) => before.set(offset - before.size, offset));
  if (before.size === 0) return new Set();
  const bareLinks = links.map((part) => ({ ...part, text: withoutBackslashes(part.text) }));
  const reader = new TextReader(bare, bareLinks, new Set());
  reader.read();
  return new Set([...before].flatMap(([mark, backslash]) => (reader.marks.has(mark) ? [backslash] : [])));
}

function withoutBackslashes(text: string, note: (offset: number) => void = () => undefined): string {
  return text.replace(/\\(?=[*_~`>+.)-])/g, (_, offset: number) => {
    note(offset);
    return '';
  });
}
