import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import type { Message } from '@app/contracts/edge';
import { Refusal } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyedChat, MessageStore, NewMessage } from '../../src/store/message-store.js';

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
      const refusal = (): Refusal => new Refusal('UNAUTHENTICATED');

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
      const id = message.id ?? '';

      await expect(store.eraseMessage(bob, chat.chatId, id)).rejects.toMatchObject({
        code: 'MESSAGE_NOT_FOUND',
      });
      const first = await store.eraseMessage(ann, chat.chatId, id);
      const again = await store.eraseMessage(ann, chat.chatId, id);

      expect(first.changed && !again.changed).toBe(true);
      expect(again.tombstone).toEqual(first.tombstone);
      expect(first.tombstone).toMatchObject({ id, seq: 1, text: null, damaged: false });
      expect(first.tombstone.deletedAt).not.toBeNull();
      expect(await receiptsOf(bob)).toMatchObject({ unread: 0 });
      await reopen();
      expect((await store.page(chat, { limit: 1 })).messages).toEqual([first.tombstone]);
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
      await append('yours', { senderId: bob });
      await append('mine too', other);

      await store.eraseSender(ann);

      const [here, there] = [await store.page(chat, { limit: 9 }), await store.page(other, { limit: 9 })];
      expect([...here.messages, ...there.messages].map(({ text }) => text)).toEqual([null, 'yours', null]);
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
