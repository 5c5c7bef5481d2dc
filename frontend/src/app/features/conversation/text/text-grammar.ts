import type { Tree } from '@lezer/common';
import {
  type BlockContext,
  type BlockParser,
  InlineContext,
  type InlineParser,
  type LeafBlock,
  type LeafBlockParser,
  type Line,
  parser,
} from '@lezer/markdown';
import { isVisibleText } from '@app/contracts/edge';
import { isInWord, mayClose, mayOpen, mayOpenCode } from './mark-edges';

/** Quotes and lists lie in each other up to this depth; a list and each of its items count. */
const MOST_NESTED = 9;

const BACKSLASH = 92;
const BACKTICK = 96;
const GREATER = 62;
const UNDERSCORE = { resolve: 'Emphasis', mark: 'EmphasisMark' };
const TILDES = { resolve: 'Strike', mark: 'EmphasisMark' };

/** Where each block that is being read begins, in columns. */
const bases = new WeakMap<BlockContext, number>();

/** What ends a paragraph that markdown would let go on, and what is never more than text. */
const STRICT: BlockParser = {
  name: 'Strict',
  before: 'IndentedCode',
  parse(cx, line) {
    bases.set(cx, line.baseIndent);
    const isDeep = cx.depth > MOST_NESTED || line.indent >= line.baseIndent + 4;
    if (!isDeep || line.pos === line.text.length) return false;
    const from = cx.lineStart + line.pos;
    const text = line.text.slice(line.pos);
    cx.nextLine();
    cx.addElement(cx.elt('Paragraph', from, from + text.length, cx.parser.parseInline(text, from)));
    return true;
  },
  leaf: (cx) => new StrictParagraph(bases.get(cx) ?? 0),
};

/** A paragraph in a quote or an item ends with it: the line below it is another's words. */
class StrictParagraph implements LeafBlockParser {
  constructor(private readonly base: number) {}

  nextLine(cx: BlockContext, line: Line, leaf: LeafBlock): boolean {
    if (line.baseIndent >= this.base) return false;
    const { start, content } = leaf;
    const children = cx.parser.parseInline(content, start);
    cx.addLeafElement(leaf, cx.elt('Paragraph', start, start + content.length, children));
    return true;
  }

  finish(): boolean {
    return false;
  }
}

/** A quote needs a space after its mark: >:( is a face. */
const QUOTE: BlockParser = {
  name: 'Blockquote',
  parse(cx, line) {
    const size = quoteMarkSize(line);
    if (size === 0) return false;
    cx.startComposite('Quote', line.pos);
    cx.addElement(quoteMark(cx, line));
    line.moveBase(line.pos + size);
    return null;
  },
};

function continueQuote(cx: BlockContext, line: Line): boolean {
  const size = quoteMarkSize(line);
  if (size === 0) return false;
  line.addMarker(quoteMark(cx, line));
  line.moveBase(line.pos + size);
  return true;
}

function quoteMarkSize(line: Line): number {
  if (line.next !== GREATER || line.indent >= line.baseIndent + 4) return 0;
  if (line.pos + 1 === line.text.length) return 1;
  return /[ \t]/.test(line.text.charAt(line.pos + 1)) ? 2 : 0;
}

function quoteMark(cx: BlockContext, line: Line): ReturnType<BlockContext['elt']> {
  return cx.elt('QuoteMark', cx.lineStart + line.pos, cx.lineStart + line.pos + 1);
}

const SUBSET = parser.configure({
  remove: [
    'LinkReference',
    'IndentedCode',
    'HorizontalRule',
    'ATXHeading',
    'HTMLBlock',
    'SetextHeading',
    'Entity',
    'HTMLTag',
    'HardBreak',
    'Link',
    'Image',
    'LinkEnd',
  ],
  defineNodes: ['Strike', { name: 'Quote', block: true, composite: continueQuote }],
  parseBlock: [STRICT, QUOTE],
});

/**
 * Parses a text by the subset of markdown that messages have.
 * @param source a message as it was written
 * @param links where each link begins, with its end: nothing in it is a mark
 * @param protecting the backslashes that protect what stands behind them
 */
export function parseText(
  source: string,
  links: ReadonlyMap<number, number>,
  protecting: ReadonlySet<number>,
): Tree {
  const parseInline: InlineParser[] = [
    { name: 'Address', before: 'Escape', parse: (_cx, _next, pos) => links.get(pos) ?? -1 },
    {
      name: 'Escape',
      parse: (cx, next, pos) => (next === BACKSLASH ? escape(cx, pos, protecting.has(pos)) : -1),
    },
    { name: 'InlineCode', parse: (cx, next, pos) => (next === BACKTICK ? code(cx, pos) : -1) },
    { name: 'Emphasis', parse: emphasis },
  ];
  return SUBSET.configure({ parseInline }).parse(source);
}

/** A backslash that protects a mark is a node. No mark begins behind a backslash, whether it protects it or not. */
function escape(cx: InlineContext, pos: number, protects: boolean): number {
  if (protects) cx.addElement(cx.elt('Escape', pos, pos + 1));
  if (/[*_~`]/.test(cx.slice(pos + 1, pos + 2))) return runEnd(cx, pos + 1);
  return protects ? pos + 2 : pos + 1;
}

function code(cx: InlineContext, pos: number): number {
  const end = runEnd(cx, pos);
  const closing = mayOpenCode(cx.text, pos - cx.offset) ? sameRun(cx, end, end - pos) : -1;
  const content = closing < 0 ? '' : cx.slice(end, closing);
  // "the `90s and `80s" has no code.
  if (!isVisibleText(content, content.length) || (end - pos === 1 && /^\s|\s$/u.test(content))) return end;
  const close = closing + end - pos;
  const marks = [cx.elt('CodeMark', pos, end), cx.elt('CodeMark', closing, close)];
  return cx.addElement(cx.elt('InlineCode', pos, close, marks));
}

function emphasis(cx: InlineContext, next: number, pos: number): number {
  const mark = String.fromCharCode(next);
  if (mark !== '*' && mark !== '_' && mark !== '~') return -1;
  const end = runEnd(cx, pos);
  const size = end - pos;
  if (mark === '*' ? size > 3 : size !== (mark === '_' ? 1 : 2)) return end;
  const place = [cx.text, pos - cx.offset, end - cx.offset] as const;
  const opens = mayOpen(...place);
  const closes = mayClose(...place);
  // What could do both stands for itself, as in "*" or (*), but for two marks in a script without spaces.
  if (opens && closes && (size === 1 || !isInWord(...place))) return end;
  const type = { '*': InlineContext.emphasisAsterisk, _: UNDERSCORE, '~': TILDES }[mark];
  return cx.addDelimiter(type, pos, end, opens, closes);
}

/** Where a run of the same character ends. */
function runEnd(cx: InlineContext, pos: number): number {
  const character = cx.char(pos);
  let end = pos + 1;
  while (cx.char(end) === character) end++;
  return end;
}

/** Where the next run of exactly so many back-ticks begins, or -1. */
function sameRun(cx: InlineContext, from: number, size: number): number {
  for (let at = cx.text.indexOf('`', from - cx.offset); at >= 0;) {
    const end = runEnd(cx, at + cx.offset) - cx.offset;
    if (end - at === size) return at + cx.offset;
    at = cx.text.indexOf('`', end);
  }
  return -1;
}
