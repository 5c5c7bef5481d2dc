import type { Chat, Message, MessagePage } from '@app/contracts/edge';
import { eventually } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { aChat, aMember, aMessage, aTombstone, CHAT, ME, messages, OTHER } from '../test/factories.js';
import { ApiError } from './api-error.js';
import type { PageRequest } from './http-api.js';
import { WINDOW_SIZE } from './message-window.js';
import type { UnsentMessage } from './outbox.js';
import type { TimelineSnapshot } from './timeline-items.js';
import { Timeline } from './timeline.js';

/** A chat's history as the server has it, and a timeline that looks at it. */
class Conversation {
  history: Message[];
  chat: Chat;
  unsent: UnsentMessage[] = [];
  readonly requests: PageRequest[] = [];
  failure: ApiError | undefined;
  /** Called when a page has been read and before it is answered. */
  beforeAnswer: () => void = () => undefined;
  readonly timeline: Timeline;

  constructor(length: number, chat: Partial<Chat> = {}, failure?: ApiError) {
    this.failure = failure;
    this.history = [...messages(1, length)];
    this.chat = aChat({ lastSeq: length, lastRev: length, ...chat });
    this.timeline = new Timeline(CHAT, {
      me: ME,
      chat: () => this.chat,
      unsent: () => this.unsent,
      fetchPage: (page) => this.#fetch(page),
      onFetched: () => undefined,
      onClose: () => undefined,
    });
  }

  get shown(): TimelineSnapshot {
    return this.timeline.snapshot;
  }

  get seqs(): readonly number[] {
    return this.shown.items.flatMap((item) => (item.kind === 'stored' ? [item.message.seq] : []));
  }

  /** The server stores a message; the client is told unless `told` is false. */
  store(message: Message, told = true): void {
    this.history.push(message);
    if (told) this.tell(message);
  }

  tell(message: Message): void {
    this.chat = {
      ...this.chat,
      lastSeq: Math.max(this.chat.lastSeq, message.seq),
      lastRev: Math.max(this.chat.lastRev, message.rev ?? 0),
    };
    this.timeline.receive(message);
  }

  async ready(): Promise<this> {
    await eventually(() => this.shown.ready && this.shown.loading === null, 'the first page has come');
    return this;
  }

  async #fetch(page: PageRequest): Promise<MessagePage> {
    this.requests.push(page);
    if (this.failure) throw this.failure;
    const { before = Number.POSITIVE_INFINITY, after, changedAfter, limit = 50 } = page;
    const found =
      changedAfter === undefined
        ? this.history.filter(({ seq }) => seq < before && seq > (after ?? 0))
        : this.history
            .filter(({ rev }) => (rev ?? 0) > changedAfter)
            .sort((a, b) => (a.rev ?? 0) - (b.rev ?? 0));
    const isNewest = after === undefined && changedAfter === undefined;
    const answer = isNewest ? found.slice(-limit) : found.slice(0, limit);
    await Promise.resolve();
    this.beforeAnswer();
    return { messages: answer, hasMore: answer.length < found.length };
  }
}

const range = (first: number, last: number): readonly number[] => messages(first, last).map(({ seq }) => seq);

describe('Timeline', () => {
  const open: Conversation[] = [];
  afterEach(() => open.splice(0).forEach(({ timeline }) => timeline.close()));

  function conversation(length: number, chat?: Partial<Chat>): Promise<Conversation> {
    const made = new Conversation(length, chat);
    open.push(made);
    return made.ready();
  }

  it('shows the newest page and says that there is more before it, when it is opened', async () => {
    const talk = await conversation(120);

    expect(talk.seqs).toEqual(range(71, 120));
    expect(talk.shown).toMatchObject({ hasOlder: true, hasNewer: false, error: null });
  });

  it('shows an empty chat as complete, and then its first message', async () => {
    const talk = await conversation(0);
    expect(talk.shown).toMatchObject({ items: [], hasOlder: false, hasNewer: false, ready: true });

    talk.store(aMessage(1));

    expect(talk.seqs).toEqual([1]);
  });

  it('fetches what is missing, when a message comes after a gap', async () => {
    const talk = await conversation(10);

    talk.store(aMessage(11), false);
    talk.store(aMessage(12), false);
    talk.store(aMessage(13));

    await eventually(() => talk.seqs.length === 13, 'the gap is filled');
    expect(talk.seqs).toEqual(range(1, 13));
    expect(talk.requests.at(-1)).toMatchObject({ changedAfter: 10 });
  });

  it('fetches nothing, when messages only come in the wrong order', async () => {
    const talk = await conversation(10);
    const asked = talk.requests.length;

    talk.store(aMessage(12));
    talk.store(aMessage(11));
    await talk.timeline.loadNewer();

    expect(talk.seqs).toEqual(range(1, 12));
    expect(talk.requests).toHaveLength(asked);
  });

  it('shows a message that was told while the first page was on its way', async () => {
    const talk = new Conversation(10);
    open.push(talk);
    talk.beforeAnswer = () => {
      talk.beforeAnswer = () => undefined;
      talk.store(aMessage(11));
    };

    await eventually(() => talk.seqs.length === 11, 'the message is shown');

    expect(talk.seqs).toEqual(range(1, 11));
  });

  it('shows what was missed and what was deleted, when it is refreshed after a reconnect', async () => {
    const talk = await conversation(10);
    talk.history[4] = aTombstone(5);
    for (const message of messages(11, 40)) talk.store(message, false);

    await talk.timeline.refresh();

    expect(talk.seqs).toEqual(range(1, 40));
    expect(talk.shown.items[4]).toMatchObject({ message: { text: null, seq: 5 } });
  });

  it('stays where it is and says that there is more, when a thousand messages were missed', async () => {
    const talk = await conversation(10);
    for (const message of messages(11, 1_200)) talk.store(message, false);

    await talk.timeline.refresh();

    expect(talk.shown.hasNewer).toBe(true);
    expect(talk.seqs[0]).toBe(1);
    await talk.timeline.jumpToLatest();
    expect(talk.seqs).toEqual(range(1_151, 1_200));
    expect(talk.shown.hasNewer).toBe(false);
  });

  it('holds 600 messages at most and gets the dropped ones again, when one reads far up and down', async () => {
    const talk = await conversation(1_000);

    while (talk.shown.hasOlder) await talk.timeline.loadOlder();
    expect(talk.seqs).toEqual(range(1, WINDOW_SIZE));
    expect(talk.shown.hasNewer).toBe(true);
    while (talk.shown.hasNewer) await talk.timeline.loadNewer();

    expect(talk.seqs).toEqual(range(1_001 - WINDOW_SIZE, 1_000));
    expect(talk.shown.hasOlder).toBe(true);
  });

  it('misses nothing, when a message is told while the last page is on its way', async () => {
    const talk = await conversation(700);
    while (talk.shown.hasOlder) await talk.timeline.loadOlder();
    talk.beforeAnswer = () => {
      talk.beforeAnswer = () => undefined;
      for (const message of messages(701, 720)) talk.store(message);
    };

    while (talk.shown.hasNewer) await talk.timeline.loadNewer();

    await eventually(() => talk.seqs.at(-1) === 720, 'all is shown');
    expect(talk.seqs).toEqual(range(721 - talk.seqs.length, 720));
  });

  it('shows what is around a message, when it is told to go there', async () => {
    const talk = await conversation(1_000);

    await talk.timeline.jumpTo(300);

    expect(talk.seqs).toEqual(range(276, 325));
    expect(talk.shown).toMatchObject({ hasOlder: true, hasNewer: true });
  });

  it('shows a tombstone, when the deletion was told while the page with the text was on its way', async () => {
    const talk = new Conversation(10);
    open.push(talk);
    talk.beforeAnswer = () => talk.timeline.change(aTombstone(7));

    await talk.ready();

    expect(talk.shown.items[6]).toMatchObject({ message: { seq: 7, text: null } });
  });

  it('shows how far own messages have come, by what the other has received and read', async () => {
    const members = [aMember({ id: ME, readSeq: 3 }), aMember({ deliveredSeq: 2, readSeq: 1 })];
    const talk = await conversation(0, { members });
    for (const seq of [1, 2, 3]) talk.store(aMessage(seq, { senderId: ME }));
    talk.store(aMessage(4));

    expect(talk.shown.items.map(({ state }) => state)).toEqual(['read', 'delivered', 'stored', null]);
  });

  it('shows unsent messages behind the stored ones, and each under one key all the way', async () => {
    const talk = await conversation(2);
    const entry = { chatId: CHAT, clientMessageId: 'x', text: 'new', createdAt: '2026-01-01T00:00:00.000Z' };
    talk.unsent = [{ ...entry, state: 'sending', error: null }];
    talk.timeline.outsideChanged();
    const pending = talk.shown.items.at(-1);
    expect(pending).toMatchObject({ kind: 'pending', state: 'sending', own: true });

    talk.store(aMessage(3, { senderId: ME, clientMessageId: 'x' }));

    expect(talk.shown.items).toHaveLength(3);
    expect(talk.shown.items.at(-1)).toMatchObject({ kind: 'stored', key: pending?.key });
  });

  it('erases what somebody wrote, when their account is deleted', async () => {
    const talk = await conversation(3);

    talk.chat = aChat({
      lastSeq: 3,
      formerMembers: [{ id: OTHER, username: null, leftAt: '2026-02-01T00:00:00.000Z' }],
    });
    talk.timeline.outsideChanged();

    expect(talk.shown.items.map((item) => item.message.text)).toEqual([null, null, null]);
  });

  it('keeps the items that did not change as the same objects', async () => {
    const talk = await conversation(3);
    const before = talk.shown.items;

    talk.store(aMessage(4));

    expect(talk.shown.items.slice(0, 3).every((item, i) => item === before[i])).toBe(true);
  });

  it('says why and tries again by itself, when the server is not reached', async () => {
    const talk = new Conversation(3, {}, new ApiError('SERVICE_UNAVAILABLE', { detail: 'away' }));
    open.push(talk);
    await eventually(() => talk.shown.error !== null, 'the failure is shown');

    talk.failure = undefined;

    await eventually(() => talk.shown.ready, 'the page has come');
    expect(talk.shown.error).toBeNull();
  });

  it('is gone and empty, when the chat is no more', async () => {
    const talk = await conversation(3);
    talk.failure = new ApiError('CHAT_NOT_FOUND', { detail: 'none', status: 404 });

    await talk.timeline.refresh();

    expect(talk.shown).toMatchObject({ gone: true, deleted: false, items: [] });
  });

  it('tells once of changes made in one go', async () => {
    const talk = await conversation(3);
    const told: number[] = [];
    talk.timeline.onChange(({ items }) => told.push(items.length));

    for (const message of messages(4, 8)) talk.store(message);
    await Promise.resolve();

    expect(told).toEqual([8]);
  });
});
