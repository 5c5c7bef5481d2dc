import type { Chat, Message, MessagePage } from '@app/contracts/edge';
import { toApiError, type ApiError } from './api-error.js';
import { Backoff } from './backoff.js';
import { withoutDeletedAccount } from './chat-events.js';
import type { Removal } from './chat-list.js';
import type { PageRequest } from './http-api.js';
import { MessageWindow } from './message-window.js';
import type { UnsentMessage } from './outbox.js';
import { TimelineItems, type TimelineSnapshot } from './timeline-items.js';

/** The dependencies of a timeline. */
export interface TimelineOptions {
  readonly me: string;
  readonly chat: () => Chat | undefined;
  readonly unsent: () => readonly UnsentMessage[];
  readonly fetchPage: (page: PageRequest) => Promise<MessagePage>;
  /** Called with messages that the server has: they may include own ones whose acknowledgement was lost. */
  readonly onFetched: (messages: readonly Message[]) => void;
  readonly onClose: () => void;
  /** The seq to start around; default: the chat's end. */
  readonly at?: number | undefined;
}

/** Messages without gaps, and whether they start and end with the chat. */
interface Run {
  readonly messages: readonly Message[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** All changes up to this rev are in the messages. */
  readonly rev: number;
}

const PAGE = 50;
const CATCH_UP_PAGE = 200;
/** If more messages than this were missed, they are not fetched at once: the window stays, and `hasNewer` is true. */
const CATCH_UP_LIMIT = 400;
/** How many changes that came before their predecessors are counted; beyond it they are fetched again. */
const EARLY_REVS = 1_000;
/** How long a message that came early waits for the ones before it until they are fetched. */
const GAP_GRACE_MS = 40;

/**
 * The displayed part of one chat's history: a bounded window (600 messages) without gaps, kept up to date while it is
 * open. Created by `ChatClient.timeline`.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #items: TimelineItems;
  readonly #window = new MessageWindow();
  readonly #listeners = new Set<(snapshot: TimelineSnapshot) => void>();
  readonly #backoff = new Backoff();
  #ready = false;
  /** All changes up to this rev are in the window, and these later ones. */
  #rev = 0;
  readonly #earlyRevs = new Set<number>();
  #gone: Removal | null = null;
  #closed = false;
  readonly #at: number | undefined;
  readonly #loadBackoff = new Backoff();
  #loading: { readonly what: NonNullable<TimelineSnapshot['loading']> } | null = null;
  /** Increases with each move to another place of the history: the answers of earlier moves are discarded. */
  #journey = 0;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #error: ApiError | null = null;
  #snapshot: TimelineSnapshot | undefined;
  #telling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #syncing = false;
  #syncAgain = false;

  /** @internal created by ChatClient */
  constructor(
    readonly chatId: string,
    options: TimelineOptions,
  ) {
    this.#options = options;
    this.#items = new TimelineItems(options.me);
    this.#at = options.at;
    void this.refresh();
  }

  /** The current content. */
  get snapshot(): TimelineSnapshot {
    return (this.#snapshot ??= this.#makeSnapshot());
  }

  /** Calls `listener` after each change (once for simultaneous changes), until the returned function is called. */
  onChange(listener: (snapshot: TimelineSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Fetches the page before the first message; messages far below are evicted. Never rejects: see `snapshot.error`. */
  async loadOlder(): Promise<void> {
    const { atStart, first, generation } = this.#window;
    if (atStart || !this.#ready || this.#isBusy()) return;
    await this.#load(
      'older',
      async () => {
        const { messages, hasMore } = await this.#fetch({ before: first, limit: PAGE });
        if (generation !== this.#window.generation || !this.#window.extend(messages, 'newest')) return;
        this.#window.setAtStart(!hasMore || messages.length === 0);
      },
      () => this.loadOlder(),
    );
  }

  /** Fetches the page after the last message; messages far above are evicted. Never rejects. */
  async loadNewer(): Promise<void> {
    const { atEnd, last, generation } = this.#window;
    if (atEnd || !this.#ready || this.#isBusy()) return;
    await this.#load(
      'newer',
      async () => {
        const { messages, hasMore } = await this.#fetch({ after: last, limit: PAGE });
        if (generation !== this.#window.generation || !this.#window.extend(messages, 'oldest')) return;
        this.#window.setAtEnd(!hasMore || messages.length === 0);
      },
      () => this.loadNewer(),
    );
  }

  /** Moves to the chat's end. Never rejects. */
  async jumpToLatest(): Promise<void> {
    if (this.#window.atEnd) return;
    await this.#go(() => this.#latestRun());
  }

  /** Shows the messages around `seq`, such as the first unread one. Never rejects. */
  async jumpTo(seq: number): Promise<void> {
    if (this.#window.messages.some((message) => message.seq === seq)) return;
    await this.#go(() => this.#runAround(seq));
  }

  /** Stops the updates. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stopResting();
    this.#listeners.clear();
    this.#options.onClose();
  }

  /** Takes a message from an event or an acknowledgement. @internal called by ChatClient */
  receive(message: Message): void {
    if (!this.#ready) return;
    this.#window.receive(message);
    this.#advance(message);
    this.#noticeGap();
    this.#changed();
  }

  /** Takes a message that was edited, reacted to or erased. @internal called by ChatClient */
  change(message: Message): void {
    this.#window.change(message);
    this.#advance(message);
    this.#noticeGap();
    this.#changed();
  }

  /** Applies changed receipts, members or unsent messages. @internal called by ChatClient */
  outsideChanged(): void {
    this.#noticeGap();
    this.#changed();
  }

  /** Marks the chat as gone, for this user or for all members. @internal called by ChatClient */
  end(why: Removal): void {
    if (this.#gone === null || why !== 'unknown') this.#gone = why;
    this.#window.replace([], { atStart: true, atEnd: true });
    clearTimeout(this.#timer);
    this.#stopResting();
    this.#changed();
  }

  /**
   * Fetches what was missed: the first page; later what has changed since. @internal called by ChatClient after each
   * (re)connect
   */
  refresh(): Promise<void> {
    this.#stopResting();
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
      if (this.#ready) await this.#catchUp();
      else await this.#go(() => (this.#at === undefined ? this.#latestRun() : this.#runAround(this.#at)));
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

  async #latestRun(): Promise<Run> {
    const { lastRev = 0 } = this.#options.chat() ?? {};
    const { messages, hasMore } = await this.#fetch({ limit: PAGE });
    return { messages, atStart: !hasMore, atEnd: true, rev: Math.max(lastRev, latestRev(messages)) };
  }

  /** Reads from a little before `seq` until it has that message: a page may be short. */
  async #runAround(seq: number): Promise<Run> {
    const from = Math.max(0, seq - PAGE / 2);
    const run: Message[] = [];
    let { lastRev: rev = 0 } = this.#options.chat() ?? {};
    for (let after = from; ;) {
      const { messages, hasMore } = await this.#fetch({ after, limit: PAGE });
      // What the first page shows has happened before all pages were read.
      if (run.length === 0) rev = Math.max(rev, latestRev(messages));
      run.push(...messages);
      after = messages.at(-1)?.seq ?? after;
      const atEnd = !hasMore || messages.length === 0;
      if (atEnd || after >= seq) return { messages: run, atStart: from === 0, atEnd, rev };
    }
  }

  /** Starts again with another range, unless a later move was requested meanwhile. */
  #go(read: () => Promise<Run>): Promise<void> {
    const journey = ++this.#journey;
    return this.#load(
      'latest',
      async () => {
        const { messages, rev, ...reach } = await read();
        if (journey !== this.#journey || this.#ended()) return;
        this.#ready = true;
        this.#window.replace(messages, reach);
        this.#reached(rev);
      },
      () => (journey === this.#journey ? this.#go(read) : Promise.resolve()),
    );
  }

  async #fetch(page: PageRequest): Promise<MessagePage> {
    const answer = await this.#options.fetchPage(page);
    if (!this.#ended()) this.#options.onFetched(answer.messages);
    return answer;
  }

  /** Notes that a change has come; one that came before its predecessor waits for it. */
  #advance({ rev }: Message): void {
    if (rev === null || rev <= this.#rev || this.#earlyRevs.size >= EARLY_REVS) return;
    this.#earlyRevs.add(rev);
    this.#reached(this.#rev);
  }

  /** All changes up to a rev have come. */
  #reached(rev: number): void {
    this.#rev = Math.max(this.#rev, rev);
    for (const early of this.#earlyRevs) if (early <= this.#rev) this.#earlyRevs.delete(early);
    while (this.#earlyRevs.delete(this.#rev + 1)) this.#rev++;
  }

  /** Fetches what has changed since; where that is much, the window is read anew instead. @throws ApiError */
  async #catchUp(): Promise<void> {
    const { generation } = this.#window;
    const changes: Message[] = [];
    let lastRev: number;
    do {
      lastRev = this.#options.chat()?.lastRev ?? 0;
      const changedAfter = changes.at(-1)?.rev ?? this.#rev;
      const { messages, hasMore } = await this.#fetch({ changedAfter, limit: CATCH_UP_PAGE });
      if (this.#ended() || generation !== this.#window.generation) return;
      this.#setError(null);
      changes.push(...messages);
      if (hasMore && messages.length > 0) continue;
      for (const message of changes) {
        this.#window.receive(message);
        this.#window.change(message);
      }
      // What is missing from the store is in no page.
      this.#reached(Math.max(lastRev, changes.at(-1)?.rev ?? 0));
      this.#changed();
      return this.#isBehind() ? this.#readOn(this.#window.last) : undefined;
    } while (changes.length < CATCH_UP_LIMIT);
    await this.#readOn(this.#window.first - 1);
    this.#reached(lastRev);
  }

  /** Reads on up to the chat's end, or to the window's if it is not there. @throws ApiError */
  async #readOn(from: number): Promise<void> {
    const { generation, last: known, atEnd } = this.#window;
    for (let after = from; ;) {
      const { messages, hasMore } = await this.#fetch({ after, limit: CATCH_UP_PAGE });
      if (this.#ended() || generation !== this.#window.generation) return;
      this.#setError(null);
      if (!this.#window.extend(messages, 'oldest')) return;
      this.#changed();
      after = messages.at(-1)?.seq ?? after;
      if (!hasMore || messages.length === 0) return this.#window.setAtEnd(true);
      if (after >= (atEnd ? known + CATCH_UP_LIMIT : known)) return this.#window.setAtEnd(false);
    }
  }

  /**
   * Fetches something for the user.
   * @param again retries it; called after a pause when it has failed
   */
  async #load(
    what: NonNullable<TimelineSnapshot['loading']>,
    run: () => Promise<void>,
    again: () => Promise<void>,
  ): Promise<void> {
    if (this.#ended()) return;
    this.#stopResting();
    const loading = { what };
    this.#loading = loading;
    this.#changed();
    try {
      await run();
      this.#setError(null);
      this.#loadBackoff.reset();
    } catch (error) {
      const failure = toApiError(error);
      this.#fetchFailed(failure);
      if (this.#ready && !this.#ended() && this.#loading === loading) this.#rest(failure, again);
    } finally {
      if (this.#loading === loading) this.#loading = null;
      this.#noticeGap();
      this.#changed();
    }
  }

  /** Waits before a failed page is requested again: the list requests it immediately. */
  #rest(error: ApiError, again: () => Promise<void>): void {
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      void again();
    }, this.#loadBackoff.next(error));
  }

  #stopResting(): void {
    clearTimeout(this.#resting);
    this.#resting = undefined;
  }

  #isBusy(): boolean {
    return this.#loading !== null || this.#resting !== undefined;
  }

  #ended(): boolean {
    return this.#closed || this.#gone !== null;
  }

  #fetchFailed(error: ApiError): void {
    if (error.code === 'CHAT_NOT_FOUND') this.end('unknown');
    else this.#setError(error);
  }

  #setError(error: ApiError | null): void {
    if (error === this.#error) return;
    this.#error = error;
    this.#changed();
  }

  #isBehind(): boolean {
    const { lastSeq = 0, lastRev = 0 } = this.#options.chat() ?? {};
    return this.#ready && ((this.#window.atEnd && lastSeq > this.#window.last) || lastRev > this.#rev);
  }

  #noticeGap(): void {
    if (!this.#syncing && this.#isBehind()) this.#syncSoon(GAP_GRACE_MS, false);
  }

  #syncSoon(ms: number, whole: boolean): void {
    if (this.#ended() || this.#timer !== undefined) return;
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
    const { messages, atEnd, atStart } = this.#window;
    const shown = chat ? messages.map((message) => withoutDeletedAccount(message, chat)) : messages;
    return {
      chatId: this.chatId,
      items: this.#items.make(shown, atEnd || !this.#ready ? this.#options.unsent() : [], chat),
      hasOlder: this.#ready && !atStart,
      hasNewer: this.#ready && !atEnd,
      loading: this.#loading?.what ?? null,
      ready: this.#ready,
      error: this.#error,
      gone: this.#gone !== null,
      deleted: this.#gone === 'deleted',
      left: this.#gone === 'left',
    };
  }
}

function latestRev(messages: readonly Message[]): number {
  return messages.reduce((latest, { rev }) => Math.max(latest, rev ?? 0), 0);
}
