import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aStore, storeChat, type StoreUnderTest } from './store-under-test.js';
import { FORMER_MEMBERS_LISTED } from '../src/store/sqlite/chat.repository.js';
import type { SqliteChatStore } from '../src/store/sqlite/sqlite-chat-store.js';

let under: StoreUnderTest;
let store: SqliteChatStore;

beforeEach(async () => {
  under = await aStore();
  ({ store } = under);
});
afterEach(() => under.close());

async function storeChatWithKey(): Promise<string> {
  const chatId = await storeChat(store);
  const bytes = Buffer.from(chatId);
  await store.transaction(({ keys }) =>
    keys.insert({ chatId, keyVersion: 1, lookup: bytes, wrappedKey: bytes }),
  );
  return chatId;
}

describe('the former members of a chat', () => {
  it('are the latest 200, those who left first in front, when more have left', async () => {
    const [many, few] = [await storeChatWithKey(), await storeChatWithKey()];
    const users = Array.from({ length: FORMER_MEMBERS_LISTED + 5 }, () => randomUUID());
    await store.transaction(async ({ members }) => {
      for (const [at, userId] of users.entries()) await members.remove(many, userId, at);
      await members.remove(few, users[0] ?? '', 1);
      for (const chatId of [many, few]) await members.add(chatId, 'reader', 0);
    });

    const chats = await store.chats.listByUser('reader', '', 10);

    const former = (chatId: string): string[] | undefined =>
      chats.find(({ id }) => id === chatId)?.formerMembers.map(({ userId }) => userId);
    expect(former(many)).toEqual(users.slice(5));
    expect(former(few)).toEqual([users[0]]);
  });
});

describe('a transaction', () => {
  it('adds nobody, when it is rolled back', async () => {
    const chatId = await storeChat(store);

    const failed = store.transaction(async ({ members }) => {
      await members.add(chatId, randomUUID(), 1);
      throw new Error('no');
    });

    await expect(failed).rejects.toThrow('no');
    expect(await store.members.idsOf(chatId)).toEqual([]);
  });

  it('shows others nothing before its commit, and itself what it has written', async () => {
    const chatId = await storeChat(store);
    let seenByOthers: Promise<string[]> | undefined;
    let order = '';

    await store.transaction(async ({ members }) => {
      await members.add(chatId, 'user', 1);
      seenByOthers = store.members.idsOf(chatId).finally(() => (order += 'read '));
      expect(await members.idsOf(chatId)).toEqual(['user']);
      order += 'end ';
    });

    expect(await seenByOthers).toEqual(['user']);
    expect(order).toBe('end read ');
  });
});
