import { toApiError } from './api-error.js';
import { Backoff } from './backoff.js';

/** The user's receipts in one chat: the current positions, and those that the server has. */
interface Marks {
  delivered: number;
  read: number;
  toldDelivered: number;
  toldRead: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly backoff: Backoff;
}

/** Sends a receipt to the server. Rejects with ApiError. */
export type TellMark = (kind: 'delivered' | 'read', chatId: string, seq: number) => Promise<unknown>;

/** The minimum time between two receipts of one chat, in milliseconds. */
const MARK_INTERVAL_MS = 250;

/**
 * Sends receipts (delivered, read) to the server: only the highest position, at most one call in 250 ms per chat, again
 * after a reconnect until the server has it.
 */
export class MarkSender {
  readonly #chats = new Map<string, Marks>();
  #connected = false;

  constructor(private readonly tell: TellMark) {}

  /** Sets the delivered position. @param known the position that the server has */
  delivered(chatId: string, seq: number, known: number): void {
    const marks = this.#marks(chatId);
    marks.delivered = Math.max(marks.delivered, seq);
    marks.toldDelivered = Math.max(marks.toldDelivered, known);
    this.#wake(chatId, marks);
  }

  /** Sets the read position. @param known the position that the server has */
  read(chatId: string, seq: number, known: number): void {
    const marks = this.#marks(chatId);
    marks.read = Math.max(marks.read, seq);
    marks.toldRead = Math.max(marks.toldRead, known);
    this.#wake(chatId, marks);
  }

  /** Sends pending receipts, when there is a connection. */
  resume(): void {
    this.#connected = true;
    for (const [chatId, marks] of this.#chats) this.#wake(chatId, marks);
  }

  /** Waits for `resume`, when there is no connection. */
  suspend(): void {
    this.#connected = false;
  }

  /** Removes a chat. */
  drop(chatId: string): void {
    clearTimeout(this.#chats.get(chatId)?.timer);
    this.#chats.delete(chatId);
  }

  /** Removes all chats. */
  clear(): void {
    for (const chatId of this.#chats.keys()) this.drop(chatId);
    this.#connected = false;
  }

  #marks(chatId: string): Marks {
    const known = this.#chats.get(chatId);
    if (known) return known;
    const fresh = {
      delivered: 0,
      read: 0,
      toldDelivered: 0,
      toldRead: 0,
      timer: undefined,
      backoff: new Backoff(),
    };
    this.#chats.set(chatId, fresh);
    return fresh;
  }

  #wake(chatId: string, marks: Marks): void {
    if (this.#connected && marks.timer === undefined) void this.#tellOne(chatId, marks);
  }

  async #tellOne(chatId: string, marks: Marks): Promise<void> {
    const { read, delivered } = marks;
    const kind = read > marks.toldRead ? 'read' : delivered > marks.toldDelivered ? 'delivered' : undefined;
    if (!kind || (kind === 'delivered' && delivered <= marks.toldRead)) return;
    this.#rest(chatId, marks, MARK_INTERVAL_MS);
    try {
      await this.tell(kind, chatId, kind === 'read' ? read : delivered);
    } catch (error) {
      const failure = toApiError(error);
      if (failure.transient) return this.#rest(chatId, marks, MARK_INTERVAL_MS + marks.backoff.next(failure));
      // A retry would fail in the same way: discard this receipt.
    }
    marks.backoff.reset();
    if (kind === 'read') marks.toldRead = Math.max(marks.toldRead, read);
    else marks.toldDelivered = Math.max(marks.toldDelivered, delivered);
  }

  #rest(chatId: string, marks: Marks, ms: number): void {
    if (this.#chats.get(chatId) !== marks) return;
    clearTimeout(marks.timer);
    marks.timer = setTimeout(() => {
      marks.timer = undefined;
      this.#wake(chatId, marks);
    }, ms);
  }
}
