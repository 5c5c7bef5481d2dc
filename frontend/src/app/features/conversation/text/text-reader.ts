import type { SyntaxNode } from '@lezer/common';
import { isVisibleText } from '@app/contracts/edge';
import type { TextPart } from '../link-parts';
import { parseText } from './text-grammar';
import type { CodeBlock, ListBlock, MarkedSpan, PlainSpan, TextBlock, TextSpan } from './text-parts';

/** A message of more pieces is not read to its end. */
const MOST_PARTS = 500;
/** Marks lie in each other up to this depth. */
const MOST_NESTED = 8;

const BLOCKS: ReadonlySet<string> = new Set(['Quote', 'BulletList', 'OrderedList', 'FencedCode']);
const MARKS: ReadonlySet<string> = new Set([
  'EmphasisMark',
  'CodeMark',
  'CodeInfo',
  'QuoteMark',
  'ListMark',
  'Escape',
]);
const MARKED: Readonly<Record<string, MarkedSpan['kind']>> = {
  Emphasis: 'emphasis',
  StrongEmphasis: 'strong',
  Strike: 'strike',
};
/** What is worth marking: faces as *_* are not. */
const WORD = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

/** Turns the nodes of the parser into what is shown. */
export class TextReader {
  /** Where the marks are that are not shown as text. */
  readonly marks = new Set<number>();
  #parts = 0;
  readonly #links: readonly (TextPart & { readonly from: number; readonly to: number })[];

  constructor(
    private readonly source: string,
    links: readonly TextPart[],
    private readonly protecting: ReadonlySet<number>,
  ) {
    let from = 0;
    const placed = links.map((part) => ({ ...part, from, to: (from += part.text.length) }));
    this.#links = placed.filter(({ href }) => href !== null);
  }

  /** Whether there are more pieces than a message may have. */
  get isFull(): boolean {
    return this.#parts > MOST_PARTS;
  }

  /** Reads the text. */
  read(): readonly TextBlock[] {
    const ends = new Map(this.#links.map(({ from, to }) => [from, to]));
    const { topNode } = parseText(this.source, ends, this.protecting);
    return this.#blocks(topNode, 0, 0, this.source.length);
  }

  /**
   * The blocks in a node.
   * @param base the column where its lines begin
   */
  #blocks(parent: SyntaxNode, base: number, from: number, to: number): readonly TextBlock[] {
    const blocks: TextBlock[] = [];
    let spans: TextSpan[] = [];
    let at = from;
    const flush = (isLast: boolean): void => {
      if (blocks.length > 0 || base > 0) trimStart(spans, base > 0);
      if (!isLast || base > 0) trimEnd(spans);
      if (spans.length > 0) blocks.push({ kind: 'text', spans });
      this.#parts++;
      spans = [];
    };
    for (const child of children(parent)) {
      if (this.isFull) break;
      const block = BLOCKS.has(child.name) ? this.#block(child) : null;
      this.#plain(spans, at, child.from, base);
      at = child.to;
      if (block) {
        flush(false);
        blocks.push(block);
      } else if (child.name === 'Paragraph') this.#inline(spans, child, base, 0);
      else if (MARKS.has(child.name)) this.#hide(child);
      else this.#plain(spans, child.from, child.to, base);
    }
    this.#plain(spans, at, to, base);
    flush(true);
    return blocks;
  }

  /** A block, or null where nothing of it would be seen. */
  #block(node: SyntaxNode): TextBlock | null {
    if (!isVisible(this.#unmarked(node))) return null;
    if (node.name === 'FencedCode') return this.#code(node);
    if (node.name !== 'Quote') return this.#list(node);
    return { kind: 'quote', blocks: this.#blocks(node, this.#contentColumn(node), node.from, node.to) };
  }

  /** Code needs its closing mark: without it nobody knows where it ends. */
  #code(node: SyntaxNode): CodeBlock | null {
    const fences = node.getChildren('CodeMark');
    const code = node.getChildren('CodeText').map((piece) => this.#slice(piece));
    if (fences.length < 2 || !isVisible(code.join(''))) return null;
    fences.forEach((fence) => this.#hide(fence));
    return {
      kind: 'code',
      label: node
        .getChildren('CodeInfo')
        .map((info) => this.#slice(info))
        .join(''),
      code: code.join(''),
    };
  }

  #list(node: SyntaxNode): ListBlock {
    const ordered = node.name === 'OrderedList';
    const items = node.getChildren('ListItem');
    this.#parts += items.length;
    const neighbours = [node.prevSibling?.name, node.nextSibling?.name];
    const isPlus = this.source.charAt(node.from) === '+';
    return {
      kind: 'list',
      ordered,
      bullets: !ordered && !isPlus && items.length > 1 && !neighbours.includes('BulletList'),
      items: items.map((item) => ({
        mark: `${item
          .getChildren('ListMark')
          .map((mark) => this.#slice(mark))
          .join('')} `,
        blocks: this.#blocks(item, this.#contentColumn(item), item.from, item.to),
      })),
    };
  }

  #inline(spans: TextSpan[], node: SyntaxNode, base: number, depth: number): void {
    let at = node.from;
    for (const child of children(node)) {
      if (this.isFull) break;
      this.#plain(spans, at, child.from, base);
      at = child.to;
      const kind = MARKED[child.name];
      if (MARKS.has(child.name)) this.#hide(child);
      else if (child.name === 'InlineCode')
        this.#add(spans, { kind: 'code', text: this.#inlineCode(child, base) });
      else if (kind && depth < MOST_NESTED && WORD.test(this.#unmarked(child))) {
        const inner: TextSpan[] = [];
        this.#inline(inner, child, base, depth + 1);
        this.#add(spans, { kind, spans: inner });
      } else this.#plain(spans, child.from, child.to, base);
    }
    this.#plain(spans, at, node.to, base);
  }

  #inlineCode(node: SyntaxNode, base: number): string {
    let text = '';
    let at = node.from;
    for (const mark of children(node)) {
      text += this.#text(at, mark.from, base);
      this.#hide(mark);
      at = mark.to;
    }
    return text + this.#text(at, node.to, base);
  }

  /** Adds what stands between two places, with its links. */
  #plain(spans: TextSpan[], from: number, to: number, base: number): void {
    let at = from;
    for (const link of this.#links) {
      if (link.from < at || link.to > to) continue;
      this.#addText(spans, this.#text(at, link.from, base));
      this.#add(spans, { kind: 'text', text: link.text, href: link.href, host: link.host });
      at = link.to;
    }
    this.#addText(spans, this.#text(at, to, base));
  }

  #addText(spans: TextSpan[], text: string): void {
    const last = spans.at(-1);
    if (text === '') return;
    if (last?.kind !== 'text' || last.href !== null) return this.#add(spans, plainSpan(text));
    spans[spans.length - 1] = plainSpan(last.text + text);
  }

  #add(spans: TextSpan[], span: TextSpan): void {
    this.#parts++;
    spans.push(span);
  }

  /** The text between two places, without what moves its lines to the column where they begin. */
  #text(from: number, to: number, base: number): string {
    if (base === 0 || from >= to) return this.source.slice(from, to);
    let text = '';
    for (let at = from; at < to;) {
      const lineStart = this.source.lastIndexOf('\n', at - 1) + 1;
      while (at < to && at - lineStart < base && /[ \t]/.test(this.source.charAt(at))) at++;
      const lineEnd = this.source.indexOf('\n', at);
      const end = lineEnd < 0 || lineEnd >= to ? to : lineEnd + 1;
      text += this.source.slice(at, end);
      at = end;
    }
    return text;
  }

  /** What is between the marks of a node. */
  #unmarked(node: SyntaxNode, depth = 0): string {
    let text = '';
    let at = node.from;
    for (const child of children(node)) {
      text += this.source.slice(at, child.from);
      if (!MARKS.has(child.name))
        text += depth < MOST_NESTED * 2 ? this.#unmarked(child, depth + 1) : this.#slice(child);
      at = child.to;
    }
    return text + this.source.slice(at, node.to);
  }

  /** The column where the text of a quote or an item begins. */
  #contentColumn({ from, firstChild }: SyntaxNode): number {
    const end = firstChild?.to ?? from;
    return end + 1 - (this.source.lastIndexOf('\n', end - 1) + 1);
  }

  #hide({ from, to }: SyntaxNode): void {
    for (let at = from; at < to; at++) this.marks.add(at);
  }

  #slice({ from, to }: SyntaxNode): string {
    return this.source.slice(from, to);
  }
}

function* children(node: SyntaxNode): Generator<SyntaxNode> {
  for (let child = node.firstChild; child; child = child.nextSibling) yield child;
}

function plainSpan(text: string): PlainSpan {
  return { kind: 'text', text, href: null, host: null };
}

function isVisible(text: string): boolean {
  return isVisibleText(text, text.length);
}

/** Leaves out the empty lines before a text that stands below a block. */
function trimStart(spans: TextSpan[], isNested: boolean): void {
  const [first] = spans;
  if (first?.kind !== 'text' || first.href !== null) return;
  const text = first.text.replace(isNested ? /^\s+/u : /^(?:[^\S\n]*\n)+/u, '');
  if (text.trim() === '') spans.shift();
  else spans[0] = plainSpan(text);
}

/** Leaves out the empty lines behind a text that stands above a block. */
function trimEnd(spans: TextSpan[]): void {
  const last = spans.at(-1);
  if (last?.kind !== 'text' || last.href !== null) return;
  const text = last.text.trimEnd();
  if (text === '') spans.pop();
  else spans[spans.length - 1] = plainSpan(text);
}
