import type { Message, MessagePage } from '@app/contracts/edge';
import { toApiError, type ApiError } from './api-error.js';
import type { ChatClient } from './chat-client.js';
import { withoutDeletedAccount } from './chat-events.js';
import type { PageRequest } from './http-api.js';
import { LongWork } from './long-work.js';
import { patiently } from './patient-call.js';
import { TextSearch, type TextRange } from './text-search.js';

/** So many hits are kept at most, the newest ones. */
export const HITS_MAX = 500;
/** So many pieces of one hit are told at most. */
const RANGES_MAX = 60;
const PAGE = 200;

/** A message with what was searched for in it. */
export interface SearchHit {
  readonly message: Message;
  readonly text: string;
  /** The first pieces of the text that were found. */
  readonly ranges: readonly TextRange[];
}

/** What a search has found at one moment. Never changed, only replaced. */
export interface SearchSnapshot {
  /** The newest first. */
  readonly hits: readonly SearchHit[];
  /** How many messages were looked at, of how many. */
  readonly searched: number;
  readonly total: number;
  /** `full` says that there are more hits than are kept; `gone` that the chat is not there any more. */
  readonly state: 'searching' | 'done' | 'full' | 'stopped' | 'failed' | 'gone';
  /** Why it waits before it goes on, or why it failed. */
  readonly error: ApiError | null;
}

/** The text of a message as people may read it now, or null where there is none. */
function readableText({ deletedAt, damaged, text }: Message): string | null {
  return deletedAt === null && !damaged ? text : null;
}

/**
 * Looks for a text in one chat: reads its history from the newest page to the oldest, and keeps nothing of it but the
 * hits. These stay true until the search is closed: a message that comes, is changed or deleted is looked at at once,
 * and after a cut the hits are read again.
 */
export class ChatSearch {
  readonly #client: ChatClient;
  readonly #wanted: TextSearch;
  readonly #hits = new Map<number, SearchHit>();
  readonly #listeners = new Set<(snapshot: SearchSnapshot) => void>();
  readonly #ends: readonly (() => void)[];
  /** Seq of the newest and of the oldest message that was looked at; undefined before the first page. */
  #newest: number | undefined;
  #oldest: number | undefined;
  #searched = 0;
  /** Whether there may be messages after the newest that was looked at. */
  #behind = false;
  /** Hits that may have changed while there was no connection. */
  readonly #doubtful = new Set<number>();
  /** What happened to messages while a page with them may be under way. */
  readonly #told = new Map<number, Message>();
  #done = false;
  #full = false;
  #stopped = false;
  #gone = false;
  #closed = false;
  #running = false;
  #halt = new AbortController();
  #error: ApiError | null = null;
  #failed = false;
  #snapshot: SearchSnapshot | undefined;
  #telling = false;

  /** @param text what to look for, without regard to case and accents; never a pattern */
  constructor(
    client: ChatClient,
    readonly chatId: string,
    text: string,
  ) {
    this.#client = client;
    this.#wanted = new TextSearch(text);
    this.#done = this.#wanted.empty;
    this.#ends = [
      client.on('message-changed', (message) => this.#changed(message)),
      client.on('chats', () => this.#membersChanged()),
      client.on('chat-removed', (removed) => removed.chatId === chatId && this.#end()),
      client.on('state', ({ state }) => {
        if (state === 'signed-out') this.#end();
        else if (state === 'connected') this.#doubt();
      }),
    ];
    void this.#run();
  }

  /** What was found up to now. */
  get snapshot(): SearchSnapshot {
    return (this.#snapshot ??= {
      hits: [...this.#hits.values()].sort((a, b) => b.message.seq - a.message.seq),
      searched: this.#searched,
      total: Math.max(this.#searched, this.#client.chat(this.chatId)?.lastSeq ?? 0),
      state: this.#state(),
      error: this.#error,
    });
  }

  /** Calls `listener` after each change (once for changes in one go), until the returned function is called. */
  onChange(listener: (snapshot: SearchSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Reads no further. What was found stays true. */
  stop(): void {
    if (this.#state() !== 'searching') return;
    this.#stopped = true;
    this.#halt.abort();
    this.#tell();
  }

  /** Ends it and forgets what was found. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#forget();
  }

  #state(): SearchSnapshot['state'] {
    if (this.#gone) return 'gone';
    if (this.#failed) return 'failed';
    if (this.#stopped) return 'stopped';
    if (this.#done) return 'done';
    return this.#full ? 'full' : 'searching';
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let page = this.#next(); page && !this.#ended(); page = this.#next()) await this.#read(page);
    } catch (error) {
      const failure = toApiError(error);
      if (failure.code === 'CHAT_NOT_FOUND') this.#end();
      else if (!this.#ended()) this.#fail(failure);
    }
    this.#running = false;
    this.#told.clear();
    this.#tell();
  }

  /** What to read next: what came meanwhile, then hits that may have changed, then what is older. */
  #next(): PageRequest | undefined {
    if (this.#failed) return undefined;
    if (this.#behind && this.#newest !== undefined) return { after: this.#newest };
    const [doubtful] = this.#doubtful;
    if (doubtful !== undefined) return { before: doubtful + 1 };
    if (this.#done || this.#full || this.#stopped) return undefined;
    return this.#oldest === undefined ? {} : { before: this.#oldest };
  }

  /** @throws ApiError */
  async #read(request: PageRequest): Promise<void> {
    const halt = new AbortController();
    this.#halt = halt;
    const { signal } = halt;
    let page: MessagePage;
    try {
      page = await patiently(
        () => {
          this.#told.clear();
          return this.#client.messages(this.chatId, { ...request, limit: PAGE, signal });
        },
        { signal, onWaiting: (cause) => this.#setError(cause) },
      );
    } catch (error) {
      if (!signal.aborted) throw error;
      return this.#setError(null);
    }
    if (this.#ended()) return;
    if (request.after !== undefined) await this.#takeNewer(page);
    else if (request.before === this.#oldest) await this.#takeOlder(page);
    else await this.#takeAgain(page, request.before ?? 0);
    this.#tell();
  }

  async #takeNewer({ messages, hasMore }: MessagePage): Promise<void> {
    this.#newest = Math.max(this.#newest ?? 0, messages.at(-1)?.seq ?? 0);
    this.#behind = hasMore && messages.length > 0;
    this.#searched += messages.length;
    await this.#judgeAll(messages);
  }

  async #takeOlder({ messages, hasMore }: MessagePage): Promise<void> {
    this.#newest ??= messages.at(-1)?.seq ?? 0;
    // What came while the first page was under way.
    this.#behind ||= Math.max(0, ...this.#told.keys()) > this.#newest;
    const work = new LongWork();
    for (const message of messages.toReversed()) {
      await work.pause();
      if (this.#ended() || this.#stopped) return;
      this.#oldest = message.seq;
      this.#searched++;
      this.#judge(message);
      if (this.#full) return;
    }
    this.#oldest ??= 1;
    this.#done = !hasMore || messages.length === 0;
  }

  /** Looks again at hits that may have changed. @param before their page was asked for up to here */
  async #takeAgain({ messages }: MessagePage, before: number): Promise<void> {
    const first = messages[0]?.seq ?? before - 1;
    const there = new Set(messages.map(({ seq }) => seq));
    for (const seq of this.#doubtful) {
      if (seq < first || seq >= before) continue;
      this.#doubtful.delete(seq);
      if (!there.has(seq)) this.#hits.delete(seq);
    }
    this.#doubtful.delete(before - 1);
    await this.#judgeAll(messages);
  }

  async #judgeAll(messages: readonly Message[]): Promise<void> {
    const work = new LongWork();
    for (const message of messages) {
      await work.pause();
      if (this.#ended()) return;
      if (message.seq >= (this.#oldest ?? 0)) this.#judge(message);
    }
  }

  /** Lists a message or takes it off the list. What was told of it meanwhile is newer than a page. */
  #judge(read: Message): void {
    const message = this.#told.get(read.seq) ?? read;
    const { seq } = message;
    const chat = this.#client.chat(this.chatId);
    const text = readableText(chat ? withoutDeletedAccount(message, chat) : message);
    if (text !== null && this.#wanted.isIn(text)) {
      const known = this.#hits.get(seq);
      if (known?.text === text) return;
      this.#hits.set(seq, { message, text, ranges: this.#wanted.ranges(text, RANGES_MAX) });
      this.#keepNewest();
    } else if (this.#hits.delete(seq) && this.#full) {
      // There is room for one more.
      this.#full = false;
      void this.#run();
    }
  }

  #keepNewest(): void {
    if (this.#hits.size <= HITS_MAX) return;
    const last = Math.min(...this.#hits.keys());
    this.#hits.delete(last);
    this.#doubtful.delete(last);
    this.#oldest = last + 1;
    this.#done = false;
    this.#full = true;
  }

  #changed(message: Message): void {
    if (message.chatId !== this.chatId || this.#ended()) return;
    const { seq } = message;
    if (this.#running) this.#told.set(seq, message);
    if (this.#newest === undefined || this.#oldest === undefined) return;
    if (seq > this.#newest + 1) {
      this.#behind = true;
      void this.#run();
    } else if (seq >= this.#oldest) {
      if (seq > this.#newest) this.#searched++;
      this.#newest = Math.max(this.#newest, seq);
      this.#judge(message);
    }
    this.#tell();
  }

  /** The hits of somebody whose account is deleted go. */
  #membersChanged(): void {
    const chat = this.#client.chat(this.chatId);
    if (!chat || this.#ended()) return;
    for (const { message } of this.#hits.values())
      if (withoutDeletedAccount(message, chat) !== message) this.#judge(message);
    this.#tell();
  }

  /** After a cut, what came meanwhile is read, and the hits are read again. */
  #doubt(): void {
    if (this.#ended()) return;
    this.#failed = false;
    this.#behind = this.#newest !== undefined;
    const seqs = [...this.#hits.keys()].sort((a, b) => b - a);
    this.#doubtful.clear();
    for (const seq of seqs) this.#doubtful.add(seq);
    void this.#run();
  }

  #ended(): boolean {
    return this.#closed || this.#gone;
  }

  #end(): void {
    if (this.#ended()) return;
    this.#gone = true;
    this.#forget();
    this.#tell();
  }

  #forget(): void {
    for (const end of this.#ends) end();
    this.#halt.abort();
    this.#hits.clear();
    this.#told.clear();
    this.#snapshot = undefined;
  }

  #fail(error: ApiError): void {
    this.#failed = true;
    this.#error = error;
  }

  #setError(error: ApiError | null): void {
    if (error === this.#error) return;
    this.#error = error;
    this.#tell();
  }

  #tell(): void {
    this.#snapshot = undefined;
    if (this.#telling || this.#closed) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      for (const listener of this.#listeners) listener(this.snapshot);
    });
  }
}
