import { randomUUID } from 'node:crypto';
import { ApiError } from '@app/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { aStore, storeChat, type StoreUnderTest } from './store-under-test.js';
import { requireMember } from '../src/chats/membership-rules.js';

let under: StoreUnderTest;

beforeEach(async () => {
  under = await aStore();
});
afterEach(() => under.close());

it('gives the same CHAT_NOT_FOUND, when there is no such chat and when the user has left it', async () => {
  const chatId = await storeChat(under.store);
  const userId = randomUUID();
  await under.store.transaction(({ members }) => members.add(chatId, userId, 1));
  await expect(requireMember(under.store.members, chatId, userId)).resolves.toBeUndefined();
  await under.store.transaction(({ members }) => members.remove(chatId, userId, 2));

  for (const id of [chatId, randomUUID()])
    await expect(requireMember(under.store.members, id, userId)).rejects.toThrow(
      new ApiError('CHAT_NOT_FOUND'),
    );
});
