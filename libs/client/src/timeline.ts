import type { Chat, Message, MessagePage } from '@app/contracts/edge';
import { toApiError, type ApiError } from './api-error.js';
import { Backoff } from './backoff.js';
import { withoutDeletedAccount } from './chat-events.js';
import type { PageRequest } from './http-api.js';
import { MessageWindow } from './message-window.js';
import type { UnsentMessage } from './outbox.js';
import { TimelineItems, type TimelineSnapshot } from './timeline-items.js';

/** What a timeline needs and tells. */
export interface TimelineOptions {
  readonly me: string;
  readonly chat: () => Chat | undefined;
  readonly unsent: () => readonly UnsentMessage[];
  readonly fetchPage: (page: PageRequest) => Promise<MessagePage>;
  /** Messages that the server has: among them may be own ones whose acknowledgement was lost. */
  readonly onFetched: (messages: readonly Message[]) => void;
  readonly onClose: () => void;
}

const PAGE = 50;
const CATCH_UP_PAGE = 200;
/** More missed messages than this are not fetched in one go: the window stays where it is, `hasNewer` says so. */
const CATCH_UP_LIMIT = 400;
/** How long a message that came early waits for the ones before it until they are fetched. */
const GAP_GRACE_MS = 40;

/**
 * The part of one chat's history that is on the screen: a bounded window (600 messages) without gaps, kept up
 * to date while it is open. Made by `ChatClient.timeline`.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #items: TimelineItems;
  readonly #window = new MessageWindow();
  readonly #listeners = new Set<(snapshot: TimelineSnapshot) => void>();
  readonly #backoff = new Backoff();
  #ready = false;
  #gone = false;
  #closed = false;
  #loading: TimelineSnapshot['loading'] = null;
  #error: ApiError | null = null;
  #snapshot: TimelineSnapshot | undefined;
  #telling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing = false;
  #syncAgain = false;

  /** @internal made by ChatClient */
  constructor(
    readonly chatId: string,
    options: TimelineOptions,
  ) {
    this.#options = options;
    this.#items = new TimelineItems(options.me);
    void this.refresh();
  }

  /** What is held now. */
  get snapshot(): TimelineSnapshot {
    return (this.#snapshot ??= this.#makeSnapshot());
  }

  /** Calls `listener` after each change (once for changes in one go), until the returned function is called. */
  onChange(listener: (snapshot: TimelineSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Fetches the page before the first message; messages far below fall out. Never rejects: see `snapshot.error`. */
  async loadOlder(): Promise<void> {
    if (this.#window.first <= 1 || this.#loading !== null) return;
    await this.#load('older', { before: this.#window.first, limit: PAGE }, ({ messages }) => {
      this.#window.extend(messages, 'newest');
    });
  }

  /** Fetches the page after the last message; messages far above fall out. Never rejects. */
  async loadNewer(): Promise<void> {
    if (this.#window.atEnd || !this.#ready || this.#loading !== null) return;
    await this.#load('newer', { after: this.#window.last, limit: PAGE }, ({ messages, hasMore }) => {
      if (this.#window.extend(messages, 'oldest')) this.#window.setAtEnd(!hasMore);
    });
  }

  /** Goes to the chat's end. Never rejects. */
  async jumpToLatest(): Promise<void> {
    if (this.#window.atEnd) return;
    await this.#loadLatest();
  }

  /** Shows the messages around `seq`, such as the first unread one. Never rejects. */
  async jumpTo(seq: number): Promise<void> {
    if (this.#window.messages.some((message) => message.seq === seq)) return;
    const after = Math.max(0, seq - PAGE / 2);
    await this.#load('latest', { after, limit: PAGE }, ({ messages, hasMore }) => {
      this.#ready = true;
      this.#window.replace(messages, !hasMore);
    });
  }

  /** Stops keeping it up to date. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    this.#options.onClose();
  }

  /** Takes a message that was told or acknowledged. @internal called by ChatClient */
  receive(message: Message): void {
    if (!this.#ready) return;
    this.#window.receive(message);
    this.#noticeGap();
    this.#changed();
  }

  /** Takes a tombstone. @internal called by ChatClient */
  erase(tombstone: Message): void {
    this.#window.erase(tombstone);
    this.#changed();
  }

  /** Marks, members or unsent messages changed. @internal called by ChatClient */
  outsideChanged(): void {
    this.#noticeGap();
    this.#changed();
  }

  /** The chat is deleted or left. @internal called by ChatClient */
  end(): void {
    this.#gone = true;
    this.#window.replace([], true);
    clearTimeout(this.#timer);
    this.#changed();
  }

  /**
   * Fetches what was missed: the first page; later everything from the window's first message on, which also
   * brings the deletions. @internal called by ChatClient after each (re)connect
   */
  refresh(): Promise<void> {
    return this.#sync(true);
  }

  async #sync(whole: boolean): Promise<void> {
    if (this.#syncing) {
      this.#syncAgain = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#syncing = true;
    try {
      if (this.#ready) await this.#catchUp(whole ? this.#window.first - 1 : this.#window.last);
      else await this.#loadLatest();
    } catch (error) {
      this.#fetchFailed(toApiError(error));
    }
    this.#syncing = false;
    const behind = this.#isBehind();
    if (!this.#error && !behind) this.#backoff.reset();
    if (this.#syncAgain) this.#syncSoon(0, true);
    else if (this.#error || behind) this.#syncSoon(this.#backoff.next(this.#error ?? undefined), whole);
    this.#syncAgain = false;
  }

  async #loadLatest(): Promise<void> {
    await this.#load('latest', { limit: PAGE }, ({ messages }) => {
      this.#ready = true;
      this.#window.replace(messages, true);
    });
  }

  /** Reads on up to the chat's end, or to the window's if it is not there. @throws ApiError */
  async #catchUp(from: number): Promise<void> {
    const { generation, last: known, atEnd } = this.#window;
    for (let after = from; ;) {
      const { messages, hasMore } = await this.#options.fetchPage({ after, limit: CATCH_UP_PAGE });
      if (this.#closed || this.#gone || generation !== this.#window.generation) return;
      this.#options.onFetched(messages);
      this.#setError(null);
      if (!this.#window.extend(messages, 'oldest')) return;
      this.#changed();
      after = messages.at(-1)?.seq ?? after;
      if (!hasMore || messages.length === 0) return this.#window.setAtEnd(true);
      if (after >= (atEnd ? known + CATCH_UP_LIMIT : known)) return this.#window.setAtEnd(false);
    }
  }

  async #load(
    what: NonNullable<TimelineSnapshot['loading']>,
    request: PageRequest,
    take: (page: MessagePage) => void,
  ): Promise<void> {
    if (this.#gone || this.#closed) return;
    this.#loading = what;
    this.#changed();
    try {
      const page = await this.#options.fetchPage(request);
      if (this.#closed || this.#gone) return;
      this.#options.onFetched(page.messages);
      this.#setError(null);
      take(page);
    } catch (error) {
      this.#fetchFailed(toApiError(error));
    } finally {
      this.#loading = null;
      this.#noticeGap();
      this.#changed();
    }
  }

  #fetchFailed(error: ApiError): void {
    if (error.code === 'CHAT_NOT_FOUND') this.end();
    else this.#setError(error);
  }

  #setError(error: ApiError | null): void {
    if (error === this.#error) return;
    this.#error = error;
    this.#changed();
  }

  #isBehind(): boolean {
    return this.#ready && this.#window.atEnd && (this.#options.chat()?.lastSeq ?? 0) > this.#window.last;
  }

  #noticeGap(): void {
    if (!this.#syncing && this.#isBehind()) this.#syncSoon(GAP_GRACE_MS, false);
  }

  #syncSoon(ms: number, whole: boolean): void {
    if (this.#closed || this.#gone || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (whole || this.#error || this.#isBehind()) void this.#sync(whole);
    }, ms);
  }

  #changed(): void {
    this.#snapshot = undefined;
    if (this.#telling || this.#closed) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      for (const listener of this.#listeners) listener(this.snapshot);
    });
  }

  #makeSnapshot(): TimelineSnapshot {
    const chat = this.#options.chat();
    const { messages, atEnd, first } = this.#window;
    const shown = chat ? messages.map((message) => withoutDeletedAccount(message, chat)) : messages;
    return {
      chatId: this.chatId,
      items: this.#items.make(shown, atEnd || !this.#ready ? this.#options.unsent() : [], chat),
      hasOlder: first > 1,
      hasNewer: this.#ready && !atEnd,
      loading: this.#loading,
      ready: this.#ready,
      error: this.#error,
      gone: this.#gone,
    };
  }
}
