import type { TextPart } from '../link-parts';

/** A piece of a line. */
export type TextSpan = PlainSpan | CodeSpan | MarkedSpan;

/** Text as it was written, or a link. */
export interface PlainSpan extends TextPart {
  readonly kind: 'text';
}

/** Code in a line. */
export interface CodeSpan {
  readonly kind: 'code';
  readonly text: string;
}

/** Text between marks. */
export interface MarkedSpan {
  readonly kind: 'strong' | 'emphasis' | 'strike';
  readonly spans: readonly TextSpan[];
}

/** A part of a message that has lines of its own. */
export type TextBlock = ParagraphBlock | CodeBlock | QuoteBlock | ListBlock;

/** Text with its line breaks. */
export interface ParagraphBlock {
  readonly kind: 'text';
  readonly spans: readonly TextSpan[];
}

/** Lines of code. */
export interface CodeBlock {
  readonly kind: 'code';
  /** What stands behind the opening mark, mostly the name of a language. */
  readonly label: string;
  readonly code: string;
}

/** What somebody else said. */
export interface QuoteBlock {
  readonly kind: 'quote';
  readonly blocks: readonly TextBlock[];
}

/** A list. */
export interface ListBlock {
  readonly kind: 'list';
  readonly ordered: boolean;
  /** Whether bullets stand for the marks: not in a list of one, and not where the marks tell lists apart. */
  readonly bullets: boolean;
  readonly items: readonly ListItem[];
}

/** One of a list. */
export interface ListItem {
  /** As it was written, with its space: "1986. ". */
  readonly mark: string;
  readonly blocks: readonly TextBlock[];
}
