import type { Message } from '@app/contracts/edge';

/** The maximum number of messages in a window. */
export const WINDOW_SIZE = 600;
const EARLY_LIMIT = 200;
const CHANGE_LIMIT = 1_000;

/**
 * A bounded range of a chat's messages without gaps. Messages from any source and in any order are merged by seq; those
 * that do not adjoin the range are ignored.
 */
export class MessageWindow {
  #messages: readonly Message[] = [];
  #atStart = false;
  #atEnd = false;
  #generation = 0;
  readonly #early = new Map<number, Message>();
  readonly #changes = new Map<number, Message>();

  /** Ascending by seq. Replaced, never changed. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Whether the range starts at the chat's first message. */
  get atStart(): boolean {
    return this.#atStart;
  }

  /** Whether the range reaches the chat's end, so that new messages follow its last one. */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Seq of the first message; 1 if there is none. */
  get first(): number {
    return this.#messages[0]?.seq ?? 1;
  }

  /** Seq of the last message; 0 if there is none. */
  get last(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** Changes with each `replace`: an answer to an earlier request is for another range. */
  get generation(): number {
    return this.#generation;
  }

  /** Starts again with another range. @param reach whether it starts and ends with the chat */
  replace(messages: readonly Message[], reach: { readonly atStart: boolean; readonly atEnd: boolean }): void {
    this.#generation++;
    this.#atStart = reach.atStart;
    this.#atEnd = reach.atEnd;
    this.#hold(messages, 'oldest');
  }

  /**
   * Merges a page into the range.
   * @param drop the end at which messages are evicted if the range becomes too long
   * @returns false if the page does not adjoin the range
   */
  extend(page: readonly Message[], drop: 'oldest' | 'newest'): boolean {
    if (!touches(page, this.#messages)) return false;
    this.#hold(join(this.#messages, page), drop);
    return true;
  }

  /** Sets whether the range starts with the chat, from an answer. */
  setAtStart(atStart: boolean): void {
    this.#atStart = atStart;
  }

  /** Sets whether the range reaches the chat's end, from an answer. */
  setAtEnd(atEnd: boolean): void {
    this.#atEnd = atEnd;
    if (!atEnd) this.#early.clear();
  }

  /** Takes a message from an event; one that arrives before its predecessor waits for it. */
  receive(message: Message): void {
    if (message.seq <= this.last)
      return this.#change((known) => (known.seq === message.seq ? laterCopy(known, message) : known));
    if (!this.#atEnd) return;
    if (this.#early.size < EARLY_LIMIT) this.#early.set(message.seq, message);
    if (message.seq === this.last + 1) this.#hold(this.#messages, 'oldest');
  }

  /** Takes a changed message, and keeps it: a page requested earlier may still come with what it was before. */
  change(message: Message): void {
    const [oldest] = this.#changes.keys();
    if (this.#changes.size >= CHANGE_LIMIT && oldest !== undefined) this.#changes.delete(oldest);
    const before = this.#changes.get(message.seq);
    this.#changes.delete(message.seq);
    this.#changes.set(message.seq, before ? laterCopy(before, message) : message);
    this.#change((known) => known);
  }

  #hold(messages: readonly Message[], drop: 'oldest' | 'newest'): void {
    const held = [...messages];
    if (this.#atEnd) this.#takeEarly(held);
    this.#messages = held;
    this.#change((known) => known);
    if (held.length <= WINDOW_SIZE) return;
    if (drop === 'newest') this.setAtEnd(false);
    else this.#atStart = false;
    this.#messages =
      drop === 'oldest' ? this.#messages.slice(-WINDOW_SIZE) : this.#messages.slice(0, WINDOW_SIZE);
  }

  #takeEarly(held: Message[]): void {
    const last = (): number => held.at(-1)?.seq ?? 0;
    for (let next = this.#early.get(last() + 1); next; next = this.#early.get(last() + 1)) held.push(next);
    for (const seq of this.#early.keys()) if (seq <= last()) this.#early.delete(seq);
  }

  #change(change: (message: Message) => Message): void {
    this.#messages = this.#messages.map((message) => {
      const later = this.#changes.get(message.seq);
      return change(later ? laterCopy(message, later) : message);
    });
  }
}

/**
 * Returns which of two copies of the same message is the later one: the one with the greater rev; erased stays erased.
 * @returns `known` itself when they are alike
 */
function laterCopy(known: Message, other: Message): Message {
  if (known.deletedAt !== null) return known;
  if (other.deletedAt !== null) return other;
  // A damaged place has no rev: whatever can be read comes from a store that was mended.
  return (other.rev ?? 0) > (known.rev ?? 0) || (known.damaged && !other.damaged) ? other : known;
}

/** Whether two ranges overlap or adjoin. An empty range adjoins any other. */
function touches(a: readonly Message[], b: readonly Message[]): boolean {
  const [firstA, firstB, lastA, lastB] = [a[0], b[0], a.at(-1), b.at(-1)];
  if (!firstA || !firstB || !lastA || !lastB) return true;
  return firstA.seq <= lastB.seq + 1 && firstB.seq <= lastA.seq + 1;
}

/** Merges two adjoining ranges: ascending, each seq once. */
function join(known: readonly Message[], page: readonly Message[]): readonly Message[] {
  const joined = new Map(known.map((message) => [message.seq, message]));
  for (const message of page) {
    const copy = joined.get(message.seq);
    joined.set(message.seq, copy ? laterCopy(copy, message) : message);
  }
  return [...joined.values()].sort((a, b) => a.seq - b.seq);
}
