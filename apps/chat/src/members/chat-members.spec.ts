import { randomUUID } from 'node:crypto';
import { Refusal } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aStore, type StoreUnderTest } from '../../test/store-under-test.js';
import { ChatMembers, FORMER_MEMBERS_LISTED } from './chat-members.js';

let store: StoreUnderTest;
let members: ChatMembers;

beforeEach(async () => {
  store = await aStore();
  members = new ChatMembers(store.source);
});
afterEach(() => store.close());

function storeChat(): Promise<string> {
  return store.queue.transaction((handle) => {
    const chatId = randomUUID();
    handle.prepare('INSERT INTO chats VALUES (?, NULL, 0, ?)').run(chatId, chatId);
    return chatId;
  });
}

describe('formerOf', () => {
  it('gives the latest 200 of each chat, those who left first in front, when more have left', async () => {
    const [many, few] = [await storeChat(), await storeChat()];
    const users = Array.from({ length: FORMER_MEMBERS_LISTED + 5 }, () => randomUUID());
    await store.queue.transaction(() => {
      users.forEach((userId, at) => members.remove(many, userId, at));
      members.remove(few, users[0] ?? '', 1);
    });

    const former = members.formerOf([many, few]);

    const listed = former.filter(({ chat_id }) => chat_id === many).map(({ user_id }) => user_id);
    expect(listed).toEqual(users.slice(5));
    expect(former.filter(({ chat_id }) => chat_id === few)).toHaveLength(1);
  });
});

describe('require', () => {
  it('is CHAT_NOT_FOUND alike, when there is no such chat and when the user has left it', async () => {
    const chatId = await storeChat();
    const userId = randomUUID();
    await store.queue.transaction(() => {
      members.add(chatId, userId, 1);
      members.remove(chatId, userId, 2);
    });

    for (const id of [chatId, randomUUID()])
      expect(() => members.require(id, userId)).toThrow(new Refusal('CHAT_NOT_FOUND'));
  });
});

describe('add', () => {
  it('adds nobody, when the transaction is rolled back', async () => {
    const chatId = await storeChat();
    const userId = randomUUID();

    const failed = store.queue.transaction(() => {
      members.add(chatId, userId, 1);
      throw new Error('no');
    });

    await expect(failed).rejects.toThrow('no');
    expect(members.idsOf(chatId)).toEqual([]);
  });
});
