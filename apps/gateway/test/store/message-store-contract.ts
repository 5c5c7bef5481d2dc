import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { LIMITS, type Message } from '@app/contracts/edge';
import { ApiError } from '@app/platform';
import { eventually } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KeyedChat, MessageChange, MessageStore, NewMessage } from '../../src/store/message-store.js';

/** A store of one test. */
export interface OpenedStore {
  readonly store: MessageStore;
  /** Closes the store and opens it again with the same data. */
  readonly reopen: () => Promise<OpenedStore>;
  /** Returns whether a file of the store contains some bytes. */
  readonly holds: (bytes: Buffer) => boolean;
  readonly close: () => Promise<void>;
}

/** Defines the contract tests of every message store. */
export function describeMessageStore(engine: string, openStore: () => Promise<OpenedStore>): void {
  describe(`the message store on ${engine}`, () => {
    const [ann, bob] = [randomUUID(), randomUUID()];
    let opened: OpenedStore;
    let store: MessageStore;
    let chat: KeyedChat;

    beforeEach(async () => {
      opened = await openStore();
      ({ store } = opened);
      chat = { chatId: randomUUID(), messageKey: createSecretKey(randomBytes(32)) };
    });
    afterEach(() => opened.close());

    async function reopen(): Promise<void> {
      opened = await opened.reopen();
      ({ store } = opened);
    }

    function append(
      text: string,
      more: Partial<NewMessage> = {},
    ): Promise<{ message: Message; repeat: boolean }> {
      return new Promise((done, failed) =>
        store.append({
          ...chat,
          memberIds: [ann, bob],
          senderId: ann,
          clientMessageId: randomUUID(),
          text,
          replyTo: null,
          messageTtl: null,
          refusal: () => undefined,
          stored: (message, repeat) => done({ message, repeat }),
          failed,
          ...more,
        }),
      );
    }

    const texts = async (query: { before?: number; after?: number; limit: number }): Promise<unknown> => {
      const { messages, hasMore } = await store.page(chat, query);
      return [messages.map(({ text }) => text), hasMore];
    };

    const aChange = (
      { chatId, id }: Message,
      userId: string = ann,
      events: Message[] = [],
    ): MessageChange => ({
      ...chat,
      chatId,
      userId,
      messageId: id ?? '',
      changed: (message) => events.push(message),
    });

    const receiptsOf = async (userId: string): Promise<unknown> => {
      const [head] = await store.heads([{ ...chat, userIds: [userId] }]);
      return head?.receipts.get(userId);
    };

    it('assigns seq from 1 without gaps, in the order of appends', async () => {
      const sent = await Promise.all(Array.from({ length: 500 }, (_, i) => append(`${i}`)));

      expect(sent.map(({ message: { seq, text } }) => [seq, text])).toEqual(
        Array.from({ length: 500 }, (_, i) => [i + 1, `${i}`]),
      );
      await reopen();
      expect((await append('next')).message.seq).toBe(501);
    });

    it('returns each message as it was sent, also after a restart', async () => {
      const text = ' \u0000 𝒳 é\n';
      const { message } = await append(text);

      await reopen();

      expect((await store.page(chat, { limit: 10 })).messages).toEqual([message]);
      expect(message).toMatchObject({ text, seq: 1, senderId: ann, deletedAt: null, damaged: false });
    });

    it('stores a repeated message once, also after a restart, and refuses another text with its client id', async () => {
      const clientMessageId = randomUUID();
      const both = await Promise.all([append('a', { clientMessageId }), append('a', { clientMessageId })]);
      await reopen();
      const later = await append('a', { clientMessageId });

      expect([...both, later].map(({ repeat }) => repeat)).toEqual([false, true, true]);
      expect(new Set([...both, later].map(({ message: { id } }) => id)).size).toBe(1);
      await expect(append('b', { clientMessageId })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
      expect((await append('b', { clientMessageId, senderId: bob })).repeat).toBe(false);
      expect(await texts({ limit: 10 })).toEqual([['a', 'b'], false]);
    });

    it('refuses a message that is not allowed at the time of its commit, and uses no seq for it', async () => {
      const refusal = (): ApiError => new ApiError('UNAUTHENTICATED');

      await expect(append('no', { refusal })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

      expect((await append('yes')).message.seq).toBe(1);
    });

    it('returns pages before, after and between positions, and the newest page', async () => {
      for (let i = 1; i <= 5; i++) await append(`${i}`);

      expect(await texts({ limit: 2 })).toEqual([['4', '5'], true]);
      expect(await texts({ limit: 2, before: 4 })).toEqual([['2', '3'], true]);
      expect(await texts({ limit: 2, before: 3 })).toEqual([['1', '2'], false]);
      expect(await texts({ limit: 2, after: 2 })).toEqual([['3', '4'], true]);
      expect(await texts({ limit: 9, after: 1, before: 4 })).toEqual([['2', '3'], false]);
      expect(await texts({ limit: 9, after: 5 })).toEqual([[], false]);
    });

    it('returns messages as damaged with another key', async () => {
      await append('secret');

      const other = { ...chat, messageKey: createSecretKey(randomBytes(32)) };

      expect((await store.page(other, { limit: 1 })).messages).toMatchObject([{ text: null, damaged: true }]);
    });

    it('moves receipts forward only, at most to the last message, and counts unread messages', async () => {
      for (let i = 1; i <= 4; i++) await append(`${i}`, { senderId: i === 4 ? bob : ann });

      expect(await receiptsOf(bob)).toEqual({ deliveredSeq: 0, readSeq: 0, unread: 3 });
      const moved = await store.moveReceipts(chat.chatId, bob, 'read', 2);
      const back = await store.moveReceipts(chat.chatId, bob, 'read', 1);
      const delivered = await store.moveReceipts(chat.chatId, bob, 'delivered', 99);

      expect(moved).toEqual({ receipts: { deliveredSeq: 2, readSeq: 2, unread: 1 }, changed: true });
      expect(back).toEqual({ receipts: { deliveredSeq: 2, readSeq: 2, unread: 1 }, changed: false });
      expect(delivered).toEqual({ receipts: { deliveredSeq: 4, readSeq: 2, unread: 1 }, changed: true });
      await reopen();
      expect(await receiptsOf(bob)).toEqual({ deliveredSeq: 4, readSeq: 2, unread: 1 });
      await store.deleteReceipts(chat.chatId, bob);
      expect(await receiptsOf(bob)).toEqual({ deliveredSeq: 0, readSeq: 0, unread: 3 });
    });

    it('returns the last message of each requested chat, in the order of the request', async () => {
      const other = { chatId: randomUUID(), messageKey: chat.messageKey };
      await append('one');
      await append('two', other);

      const heads = await store.heads(
        [other, chat, { ...chat, chatId: randomUUID() }].map((one) => ({ ...one, userIds: [] })),
      );

      expect(heads.map(({ lastSeq, lastMessage }) => [lastSeq, lastMessage?.text])).toEqual([
        [1, 'two'],
        [1, 'one'],
        [0, undefined],
      ]);
    });

    it('erases a message only for its sender, leaves a tombstone, and counts it as unread no more', async () => {
      const { message } = await append('erase me');
      const events: Message[] = [];
      const by = (userId: string): MessageChange => aChange(message, userId, events);

      await expect(store.eraseMessage(by(bob))).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      const tombstone = await store.eraseMessage(by(ann));
      const again = await store.eraseMessage(by(ann));

      expect(events).toEqual([tombstone]);
      expect(again).toEqual(tombstone);
      expect(tombstone).toMatchObject({ id: message.id, seq: 1, rev: 2, text: null, damaged: false });
      expect(tombstone.deletedAt).not.toBeNull();
      expect(await receiptsOf(bob)).toMatchObject({ unread: 0 });
      await reopen();
      expect((await store.page(chat, { limit: 1 })).messages).toEqual([tombstone]);
    });

    it('answers a message of the chat, a tombstone too, and no other', async () => {
      const { message } = await append('question');
      const answer = await append('answer', { replyTo: message.id });
      await store.eraseMessage(aChange(message));
      const second = await append('another', { replyTo: message.id });
      const foreign = await append('elsewhere', { chatId: randomUUID() });

      expect([answer, second].map((one) => one.message.replyTo)).toEqual([message.id, message.id]);
      const unknown: string[] = [randomUUID(), foreign.message.id ?? ''];
      for (const replyTo of unknown)
        await expect(append('no', { replyTo })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
      expect((await append('next')).message.seq).toBe(4);
      await reopen();
      expect((await store.page(chat, { limit: 9, after: 1 })).messages.map(({ replyTo }) => replyTo)).toEqual(
        [message.id, message.id, null],
      );
    });

    it('takes a repeat for one only if it answers the same message, before it looks at what it answers', async () => {
      const { message } = await append('question');
      const clientMessageId = randomUUID();
      const answer = { clientMessageId, replyTo: message.id };
      await append('answer', answer);

      expect((await append('answer', answer)).repeat).toBe(true);
      for (const replyTo of [null, randomUUID()])
        await expect(append('answer', { clientMessageId, replyTo })).rejects.toMatchObject({
          code: 'IDEMPOTENCY_CONFLICT',
        });
    });

    it('edits a message of its sender: the new text, its rev, and no byte of the old one', async () => {
      const { message } = await append('x'.repeat(200));
      await append('another');
      const [old] = await store.sealedBytes(chat.chatId, 20);
      const oldBytes = Buffer.from(old?.sealed ?? '', 'base64');
      const events: Message[] = [];
      const longer = 'y'.repeat(4_000);

      await expect(store.edit(aChange(message, bob), 'no')).rejects.toMatchObject({
        code: 'MESSAGE_NOT_FOUND',
      });
      const edited = await store.edit(aChange(message, ann, events), longer);
      const same = await store.edit(aChange(message, ann, events), longer);

      expect(edited).toEqual({ ...message, text: longer, rev: 3, editedAt: edited.editedAt });
      expect(edited.editedAt).not.toBeNull();
      expect(events).toEqual([edited]);
      expect(same).toEqual(edited);
      await eventually(() => !opened.holds(oldBytes.subarray(0, 16)), 'the old text leaves the disk');
      await reopen();
      expect((await store.page(chat, { limit: 9 })).messages[0]).toEqual(edited);
      expect(await store.edit(aChange(message), 'short')).toMatchObject({ text: 'short', rev: 4 });
    });

    it('edits a message for 24 hours, and then says EDIT_TOO_LATE whatever the text', async () => {
      const { message } = await append('text');
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        vi.setSystemTime(Date.parse(message.sentAt ?? '') + LIMITS.editMs);
        expect(await store.edit(aChange(message), 'in time')).toMatchObject({ text: 'in time' });
        vi.setSystemTime(Date.parse(message.sentAt ?? '') + LIMITS.editMs + 1);
        for (const text of ['late', 'in time'])
          await expect(store.edit(aChange(message), text)).rejects.toMatchObject({ code: 'EDIT_TOO_LATE' });
        expect((await store.react(aChange(message), '👍')).reactions).toHaveLength(1);
      } finally {
        vi.useRealTimers();
      }
    });

    it('knows a repeat of a message that was edited by what it was first sent with', async () => {
      const clientMessageId = randomUUID();
      const { message } = await append('first', { clientMessageId });
      const edited = await store.edit(aChange(message), 'second');
      await reopen();

      expect((await append('first', { clientMessageId })).message).toEqual(edited);
      await expect(append('second', { clientMessageId })).rejects.toMatchObject({
        code: 'IDEMPOTENCY_CONFLICT',
      });
      const tombstone = await store.eraseMessage(aChange(message));
      expect((await append('whatever', { clientMessageId })).message).toEqual(tombstone);
    });

    it('keeps one reaction a user, in the order in which they came, through edits and restarts', async () => {
      const { message } = await append('text');
      const events: Message[] = [];
      await store.react(aChange(message, ann, events), '👍');
      await store.react(aChange(message, bob, events), '\u2764\uFE0F');
      await store.react(aChange(message, ann, events), '👍');
      await store.react(aChange(message, ann, events), '🎉');
      await store.edit(aChange(message), 'edited');
      await reopen();

      const [now] = (await store.page(chat, { limit: 1 })).messages;
      expect(now?.reactions).toEqual([
        { userId: bob, emoji: '\u2764\uFE0F' },
        { userId: ann, emoji: '🎉' },
      ]);
      expect(now?.rev).toBe(5);
      expect(events.map(({ rev }) => rev)).toEqual([2, 3, 4]);
      const removed = await store.react(aChange(message, ann, events), null);
      const again = await store.react(aChange(message, ann, events), null);
      expect([removed.reactions.length, again.rev, events.length]).toEqual([1, removed.rev, 4]);
    });

    it('neither edits nor reacts to a tombstone, and keeps its reactions nowhere', async () => {
      const { message } = await append('text');
      await store.react(aChange(message, bob), '👍');
      const tombstone = await store.eraseMessage(aChange(message));

      expect(tombstone.reactions).toEqual([]);
      const none = { code: 'MESSAGE_NOT_FOUND' };
      await expect(store.edit(aChange(message), 'no')).rejects.toMatchObject(none);
      await expect(store.react(aChange(message, bob), '👍')).rejects.toMatchObject(none);
      await expect(store.react(aChange(message, bob), null)).rejects.toMatchObject(none);
    });

    it('gives what has changed after a rev, ascending by rev, in pages that leave nothing out', async () => {
      const sent: Message[] = [];
      for (let i = 1; i <= 6; i++) sent.push((await append(`${i}`)).message);
      const [one, two, three] = sent;
      if (!one || !two || !three) throw new Error('three are missing');
      await store.edit(aChange(two), 'two, edited');
      await store.react(aChange(one, bob), '👍');
      await append('7');
      await store.edit(aChange(two), 'two, edited again');

      const seen: unknown[] = [];
      let [rev, hasMore] = [0, true];
      while (hasMore) {
        const page = await store.page(chat, { changedAfter: rev, limit: 2 });
        seen.push(...page.messages.map((message) => [message.rev, message.seq]));
        rev = page.messages.at(-1)?.rev ?? 0;
        ({ hasMore } = page);
      }

      expect(seen).toEqual([
        [3, 3],
        [4, 4],
        [5, 5],
        [6, 6],
        [8, 1],
        [9, 7],
        [10, 2],
      ]);
      const rest = await store.page(chat, { changedAfter: 8, limit: 50 });
      expect(rest).toMatchObject({ messages: [{ rev: 9 }, { rev: 10 }], hasMore: false });
      expect(await store.page(chat, { changedAfter: 10, limit: 50 })).toEqual({
        messages: [],
        hasMore: false,
      });
      const [head] = await store.heads([{ ...chat, userIds: [] }]);
      expect(head?.lastRev).toBe(10);
    });

    it('shows a message as its tombstone once it has expired, and erases it', async () => {
      const events: Message[] = [];
      const { message } = await append('soon gone', { messageTtl: 1 });
      await append('stays');
      expect(Date.parse(message.expiresAt ?? '') - Date.parse(message.sentAt ?? '')).toBe(1_000);
      expect(await store.expired(10)).toEqual([]);
      await eventually(async () => (await store.expired(10)).length > 0, 'it expires');

      const shown = await store.message(chat, message.id ?? '');
      const due = await store.expired(10);
      await store.expire(due, (tombstone) => events.push(tombstone));
      await reopen();

      const tombstone = { ...message, text: null, deletedAt: message.expiresAt };
      expect(shown).toEqual(tombstone);
      expect(due).toMatchObject([{ chatId: chat.chatId, seq: 1 }]);
      expect(due[0]?.userIds[0]).toBe(ann);
      expect(events).toEqual([{ ...tombstone, rev: 3 }]);
      expect(await store.expired(10)).toEqual([]);
      expect((await store.page(chat, { limit: 9 })).messages.map(({ text }) => text)).toEqual([
        null,
        'stays',
      ]);
      expect(await receiptsOf(bob)).toMatchObject({ unread: 1 });
    });

    it('erases a chat’s bytes from its files, refuses waiting messages, and returns the same result to a repeat', async () => {
      for (let i = 0; i < 50; i++) await append('x'.repeat(300));
      const sealed = (await store.sealedBytes(chat.chatId, 50)).map((row) =>
        Buffer.from(row.sealed, 'base64'),
      );
      expect(sealed.length > 0 && sealed.every((bytes) => opened.holds(bytes))).toBe(true);

      const late = append('late');
      const erasure = store.eraseChat(chat.chatId);
      await expect(late).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
      const erased = await erasure;

      expect(erased.messagesErased).toBe(50);
      expect(await store.eraseChat(chat.chatId)).toEqual(erased);
      expect(sealed.some((bytes) => opened.holds(bytes.subarray(0, 16)))).toBe(false);
      await reopen();
      expect(await texts({ limit: 10 })).toEqual([[], false]);
    });

    it('accepts messages again after a closed chat is reopened', async () => {
      store.close(chat.chatId);
      await expect(append('no')).rejects.toMatchObject({ code: 'CHAT_NOT_FOUND' });
      expect(store.isClosed(chat.chatId)).toBe(true);

      store.reopen(chat.chatId);

      expect((await append('yes')).message.seq).toBe(1);
    });

    it('erases a sender’s messages in every chat, refuses later ones, and keeps others’ messages', async () => {
      const other = { chatId: randomUUID(), messageKey: chat.messageKey };
      await append('mine');
      const yours = (await append('yours', { senderId: bob })).message;
      await append('mine too', other);
      await store.react(aChange(yours, ann), '👍');
      await store.react(aChange(yours, bob), '🎉');

      await store.eraseSender(ann);

      const [here, there] = [await store.page(chat, { limit: 9 }), await store.page(other, { limit: 9 })];
      expect([...here.messages, ...there.messages].map(({ text }) => text)).toEqual([null, 'yours', null]);
      expect(here.messages.map(({ rev, reactions }) => [rev, reactions])).toEqual([
        [5, []],
        [6, [{ userId: bob, emoji: '🎉' }]],
      ]);
      await expect(append('more')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    it('commits all waiting messages while it drains', async () => {
      const waiting = Array.from({ length: 300 }, (_, i) => append(`${i}`));

      await store.drain();

      expect(await texts({ limit: 1 })).toEqual([['299'], true]);
      await Promise.all(waiting);
    });

    it('reports that it is healthy', async () => {
      expect(await store.isHealthy()).toBe(true);
    });
  });
}
