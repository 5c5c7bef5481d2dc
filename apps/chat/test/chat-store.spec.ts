import { randomBytes, randomUUID } from 'node:crypto';
import { LIMITS } from '@app/contracts/edge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORMER_MEMBERS_LISTED, type ChatStore } from '../src/store/chat-store.js';
import { aStore, storeChat, type StoreUnderTest } from './store-under-test.js';

/** The engines: what is tested here holds for each. */
const ENGINES = [['SQLite', aStore]] as const;

describe.each(ENGINES)('the chat store in %s', (_engine, open) => {
  let under: StoreUnderTest;
  let store: ChatStore;

  beforeEach(async () => {
    under = await open();
    ({ store } = under);
  });
  afterEach(() => under.close());

  async function storeChatWithKey(keyVersion = 1): Promise<{ chatId: string; lookup: Buffer }> {
    const chatId = await storeChat(store);
    const lookup = randomBytes(32);
    await store.transaction(({ keys }) =>
      keys.insert({ chatId, keyVersion, lookup, wrappedKey: randomBytes(65) }),
    );
    return { chatId, lookup };
  }

  describe('a transaction', () => {
    it('stores nothing, when it is rolled back', async () => {
      const chatId = await storeChat(store);

      const failed = store.transaction(async ({ members, deletedUsers }) => {
        await members.add(chatId, 'user', 1);
        await deletedUsers.add('user');
        throw new Error('no');
      });

      await expect(failed).rejects.toThrow('no');
      expect(await store.members.idsOf(chatId)).toEqual([]);
      expect(await store.transaction(({ deletedUsers }) => deletedUsers.has('user'))).toBe(false);
    });

    it('shows others nothing before its commit, and itself what it has written', async () => {
      const chatId = await storeChat(store);
      let seenByOthers: Promise<string[]> | undefined;

      const failed = store.transaction(async ({ members }) => {
        await members.add(chatId, 'user', 1);
        seenByOthers = store.members.idsOf(chatId);
        expect(await members.idsOf(chatId)).toEqual(['user']);
        throw new Error('no');
      });

      await expect(failed).rejects.toThrow('no');
      expect(await seenByOthers).toEqual([]);
    });

    it('runs after another one, when both read before they write', async () => {
      const chatId = await storeChat(store);
      const join = (userId: string): Promise<void> =>
        store.transaction(async ({ members }) => {
          if ((await members.idsOf(chatId)).length < 2) await members.add(chatId, userId, 1);
        });

      await Promise.all(['a', 'b', 'c', 'd'].map(join));

      expect(await store.members.idsOf(chatId)).toHaveLength(2);
    });

    it('cannot be used after its end', async () => {
      const ended = await store.transaction(async (transaction) => ({ transaction }));

      await expect(ended.transaction.deletedUsers.add(randomUUID())).rejects.toThrow('has ended');
    });
  });

  it('lists the latest 200 former members, those who left first in front, when more have left', async () => {
    const [{ chatId: many }, { chatId: few }] = [await storeChatWithKey(), await storeChatWithKey()];
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

  it('finds a chat by the first lookup that is stored, and lists keys of other versions by chat id', async () => {
    const [old, current] = [await storeChatWithKey(1), await storeChatWithKey(2)];

    expect(await store.keys.findChat([randomBytes(32), old.lookup, current.lookup])).toBe(old.chatId);
    expect(await store.keys.findChat([randomBytes(32)])).toBeUndefined();
    const others = await store.transaction(({ keys }) => keys.listOtherVersions(2, '', 10));
    expect(others.map(({ chatId }) => chatId)).toEqual([old.chatId]);
    expect(new Set(await store.masterKeys.versionsInUse())).toEqual(new Set([1, 2]));
  });

  it('deletes erasures after 24 h, once they are scrubbed, as many as a batch allows', async () => {
    const old = Date.now() - LIMITS.receiptMs - 1;
    await store.transaction(async ({ erasures }) => {
      for (const [chatId, keyDestroyedAt] of [
        ['old', old],
        ['older', old],
        ['unscrubbed', old],
        ['new', Date.now()],
      ] as const)
        await erasures.insert({ chatId, memberIds: ['a'], keyDestroyedAt });
      await erasures.setScrubbed(['old', 'older', 'new']);
    });

    const remove = (limit: number): Promise<number> =>
      store.batches().run(({ erasures }) => erasures.deleteOld(limit));
    expect([await remove(1), await remove(10), await remove(10)]).toEqual([1, 1, 0]);
    expect(await store.erasures.listUnscrubbed()).toEqual(['unscrubbed']);
    await store.transaction(async ({ erasures }) => {
      expect(await erasures.find('unscrubbed')).toBeUndefined();
      expect(await erasures.find('new')).toMatchObject({ memberIds: ['a'] });
    });
  });
});
