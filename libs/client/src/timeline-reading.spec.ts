import type { Chat, Message, MessagePage } from '@app/contracts/edge';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aChat, aMessage, CHAT, ME, messages } from '../test/factories.js';
import { ApiError } from './api-error.js';
import { ChatList } from './chat-list.js';
import type { PageRequest } from './http-api.js';
import { Timeline } from './timeline.js';

/** What may happen while somebody reads. */
type Step =
  | { readonly kind: 'message'; readonly delay: number }
  | { readonly kind: 'lost message' }
  | {
      readonly kind: 'edit' | 'deletion';
      readonly at: number;
      readonly lost: boolean;
      readonly delay: number;
    }
  | { readonly kind: 'cut'; readonly ms: number }
  | { readonly kind: 'older' | 'newer' | 'latest' }
  | { readonly kind: 'wait'; readonly ms: number };

interface Scene {
  readonly length: number;
  readonly unread: number;
  /** How many messages fit into one page, whatever was asked for. */
  readonly fit: number;
  /** How long the answers take, in turn. */
  readonly pageDelays: readonly number[];
  readonly listDelay: number;
  readonly steps: readonly Step[];
}

const LONG = process.env['TEST_LONG'] !== undefined;

const ms = fc.integer({ min: 0, max: 3_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('message' as const), delay: fc.integer({ min: 0, max: 200 }) }),
  fc.record({ kind: fc.constant('lost message' as const) }),
  fc.record({
    kind: fc.constantFrom('edit' as const, 'deletion' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    lost: fc.boolean(),
    delay: fc.integer({ min: 0, max: 200 }),
  }),
  fc.record({ kind: fc.constant('cut' as const), ms }),
  fc.record({ kind: fc.constantFrom('older' as const, 'newer' as const, 'latest' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms }),
);
const scene: fc.Arbitrary<Scene> = fc
  .record({
    length: fc.integer({ min: 0, max: 300 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    fit: fc.integer({ min: 10, max: 60 }),
    pageDelays: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 5 }),
    listDelay: ms,
    steps: fc.array(step, { maxLength: 12 }),
  })
  .map(({ length, share, ...rest }) => ({ length, unread: Math.round(length * share), ...rest }));

const lost = (): ApiError => new ApiError('SERVICE_UNAVAILABLE', { detail: 'cut' });

/** A server that may be away, and somebody who reads one chat of it as the page does. */
class Reading {
  requests = 0;
  stored: Message[];
  readonly timeline: Timeline;
  readonly list: ChatList;
  #away = false;
  #placed = false;
  #readSeq: number;
  #lastRev: number;
  readonly #scene: Scene;

  constructor(read: Scene) {
    this.#scene = read;
    this.stored = [...messages(1, read.length)];
    this.#lastRev = read.length;
    this.#readSeq = read.length - read.unread;
    this.list = new ChatList({
      me: ME,
      fetchAll: () => this.#answer(read.listDelay, () => [this.#chat()]),
      fetchOne: () => this.#answer(read.listDelay, () => this.#chat()),
      onChange: () => this.timeline.outsideChanged(),
      onFetched: () => undefined,
      onRemoved: () => undefined,
    });
    this.timeline = new Timeline(CHAT, {
      me: ME,
      chat: () => this.list.get(CHAT),
      unsent: () => [],
      fetchPage: (page) => this.#page(page),
      onFetched: () => undefined,
      onClose: () => undefined,
    });
    this.timeline.onChange(() => this.#look());
    void this.list.fetch();
  }

  get seqs(): readonly number[] {
    return this.timeline.snapshot.items.map(({ message }) => ('seq' in message ? message.seq : 0));
  }

  async run(one: Step): Promise<void> {
    switch (one.kind) {
      case 'message':
      case 'lost message': {
        const message = aMessage(this.stored.length + 1, { rev: ++this.#lastRev });
        this.stored.push(message);
        if (one.kind === 'message') setTimeout(() => this.#tell('message:new', message), one.delay);
        return;
      }
      case 'edit':
      case 'deletion': {
        const index = Math.floor(one.at * this.stored.length);
        const before = this.stored[index];
        if (!before || before.deletedAt !== null) return;
        const rev = ++this.#lastRev;
        const at = '2026-01-02T00:00:00.000Z';
        const isEdit = one.kind === 'edit';
        const message = {
          ...before,
          rev,
          ...(isEdit ? { text: `edited ${rev}`, editedAt: at } : { text: null, deletedAt: at }),
        };
        this.stored[index] = message;
        if (!one.lost)
          setTimeout(() => this.#tell(isEdit ? 'message:updated' : 'message:deleted', message), one.delay);
        return;
      }
      case 'cut':
        this.#away = true;
        await vi.advanceTimersByTimeAsync(one.ms);
        this.#away = false;
        void this.list.fetch();
        return void this.timeline.refresh();
      case 'older':
        return void this.timeline.loadOlder();
      case 'newer':
        return void this.timeline.loadNewer();
      case 'latest':
        return void this.timeline.jumpToLatest();
      case 'wait':
        await vi.advanceTimersByTimeAsync(one.ms);
    }
  }

  close(): void {
    this.list.close();
    this.timeline.close();
  }

  /** As the page does at each drawing: opens at what is new, and tells how far it was seen. */
  #look(): void {
    const { ready } = this.timeline.snapshot;
    const chat = this.list.get(CHAT);
    if (!ready || !chat) return;
    if (!this.#placed && chat.unread > 0) void this.timeline.jumpTo(chat.readSeq + 1);
    this.#placed = true;
    this.list.markRead(CHAT, this.seqs.at(-1) ?? 0);
  }

  #tell(name: 'message:new' | 'message:updated' | 'message:deleted', message: Message): void {
    if (this.#away) return;
    this.list.apply({ name, payload: { message } });
    if (name === 'message:new') this.timeline.receive(message);
    else this.timeline.change(message);
  }

  #chat(): Chat {
    const unread = this.stored.length - this.#readSeq;
    const lastMessage = this.stored.at(-1) ?? null;
    const lastRev = this.#lastRev;
    return aChat({ lastSeq: this.stored.length, lastRev, lastMessage, readSeq: this.#readSeq, unread });
  }

  #page({ before, after, changedAfter, limit = 50 }: PageRequest): Promise<MessagePage> {
    const { pageDelays, fit } = this.#scene;
    const delay = pageDelays[this.requests++ % pageDelays.length] ?? 0;
    const most = Math.min(limit, fit);
    return this.#answer(delay, () => {
      if (changedAfter !== undefined) {
        const changed = this.stored
          .filter(({ rev }) => (rev ?? 0) > changedAfter)
          .sort((a, b) => (a.rev ?? 0) - (b.rev ?? 0));
        return { messages: changed.slice(0, most), hasMore: changed.length > most };
      }
      const found = this.stored.filter(({ seq }) => seq < (before ?? Infinity) && seq > (after ?? 0));
      const page = after === undefined ? found.slice(-most) : found.slice(0, most);
      return { messages: page, hasMore: page.length < found.length };
    });
  }

  async #answer<T>(delay: number, make: () => T): Promise<T> {
    const away = this.#away;
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (away || this.#away) throw lost();
    return make();
  }
}

describe('reading a chat', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function read(what: Scene): Promise<{
    readonly requests: number;
    readonly seqs: readonly number[];
    readonly shown: readonly Message[];
    readonly stored: readonly Message[];
    readonly listed: Message | null | undefined;
  }> {
    const reading = new Reading(what);
    for (const one of what.steps) await reading.run(one);
    // An event is lost with its connection only: the next one brings what it told.
    await reading.run({ kind: 'cut', ms: 0 });
    await vi.advanceTimersByTimeAsync(30_000);
    void reading.timeline.jumpToLatest();
    await vi.advanceTimersByTimeAsync(30_000);
    const { requests, seqs, stored } = reading;
    const shown = reading.timeline.snapshot.items.flatMap((item) =>
      item.kind === 'stored' ? [item.message] : [],
    );
    const listed = reading.list.get(CHAT)?.lastMessage;
    // Nothing happens any more: nothing is asked for any more.
    await vi.advanceTimersByTimeAsync(60_000);
    const later = reading.requests;
    reading.close();
    expect(later).toBe(requests);
    return { requests, seqs, shown, stored, listed };
  }

  it(
    'ends at the chat’s end without gaps, as the store has it, and asks a bounded number of times, whatever comes in whichever order',
    async () => {
      await fc.assert(
        fc.asyncProperty(scene, async (what) => {
          const { requests, seqs, shown, stored, listed } = await read(what);
          const last = what.length + what.steps.filter(({ kind }) => kind.endsWith('message')).length;

          expect(seqs.at(-1) ?? 0).toBe(last);
          expect(seqs).toEqual(Array.from(seqs, (_, index) => last - seqs.length + 1 + index));
          expect(shown).toEqual(stored.slice(last - seqs.length));
          expect(listed).toEqual(stored.at(-1) ?? null);
          // The window holds 600 messages, and a refresh may read all of them anew; everything else is a few pages.
          const pages = Math.ceil(600 / what.fit) + Math.ceil(50 / what.fit) + 20;
          expect(requests).toBeLessThanOrEqual((what.steps.length + 3) * pages);
        }),
        { numRuns: LONG ? 5_000 : 150 },
      );
    },
    LONG ? 1_200_000 : 120_000,
  );

  it.each([51, 120, 450])(
    'opens around the first of %i unread messages with two requests',
    async (unread) => {
      const reading = new Reading({
        length: 500,
        unread,
        fit: 200,
        pageDelays: [20],
        listDelay: 1_200,
        steps: [],
      });

      await vi.advanceTimersByTimeAsync(10_000);

      expect(reading.seqs).toContain(500 - unread + 1);
      expect(reading.requests).toBe(2);
      reading.close();
    },
  );

  it('asks with growing pauses, while a page does not come', async () => {
    const reading = new Reading({
      length: 400,
      unread: 0,
      fit: 50,
      pageDelays: [0],
      listDelay: 0,
      steps: [],
    });
    await vi.advanceTimersByTimeAsync(1_000);
    const before = reading.requests;
    // What looks at the list asks for older messages whenever something changes.
    reading.timeline.onChange(({ hasOlder }) => hasOlder && void reading.timeline.loadOlder());

    void reading.run({ kind: 'cut', ms: 20_000 });
    void reading.timeline.loadOlder();
    await vi.advanceTimersByTimeAsync(15_000);

    expect(reading.requests - before).toBeLessThan(15);
    reading.close();
  });
});
