import { createHash } from 'node:crypto';
import { createMasterKeyLine, OpenError, parseChatKey, parseMasterKeys, type MasterKeys } from '@app/crypto';
import { ApiError } from '@app/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { aStore, storeChat, type StoreUnderTest } from './store-under-test.js';
import { ChatKeys } from '../src/keys/chat-keys.js';

let under: StoreUnderTest;
let masterKeys: MasterKeys;
let keys: ChatKeys;

beforeEach(async () => {
  under = await aStore();
  masterKeys = parseMasterKeys(createMasterKeyLine(1));
  keys = new ChatKeys(masterKeys, under.store);
});
afterEach(() => under.close());

/** Stores a chat with a key and a name. */
async function storeChatWithKey(): Promise<{ chatId: string; text: string }> {
  const chatId = await storeChat(under.store);
  return { chatId, text: await under.store.transaction((tx) => keys.create(tx, chatId, 'Name')) };
}

const reveal = (chatId: string): Promise<string> =>
  under.store.transaction((transaction) => keys.reveal(transaction, chatId));

async function stored(chatId: string): Promise<{ sealed: Buffer; wrapped: Buffer }> {
  const chat = await under.store.chats.find(chatId);
  if (!chat?.sealedName) throw new Error('the chat has no name');
  return { sealed: chat.sealedName, wrapped: chat.wrappedKey };
}

it('finds and reveals a chat by its key', async () => {
  const { chatId, text } = await storeChatWithKey();

  expect(await keys.chatOf(text)).toBe(chatId);
  expect(await reveal(chatId)).toBe(text);
});

it('derives the same message key again from memory', async () => {
  const { chatId } = await storeChatWithKey();

  const { wrapped } = await stored(chatId);

  const first = new ChatKeys(masterKeys, under.store).messageAccess(chatId, wrapped);
  keys.messageAccess(chatId, wrapped);
  const again = keys.messageAccess(chatId, wrapped);

  expect(first.messageKey).toHaveLength(32);
  expect(again).toEqual(first);
});

it("finds a chat by its key in the first text form, and reveals the key in today's form", async () => {
  const { chatId, text } = await storeChatWithKey();
  const bytes = parseChatKey(text);
  const checksum = createHash('sha256').update('secure-chat/checksum/v1').update(bytes).digest();
  const first = Buffer.concat([bytes, checksum.subarray(0, 4)]).toString('base64url');

  const typed = text.toLowerCase().replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l');
  expect(await keys.chatOf(first)).toBe(chatId);
  expect(await keys.chatOf(typed)).toBe(chatId);
  expect(await reveal(chatId)).toBe(text);
});

it('is rejected on the field key, when a character was changed', async () => {
  const { text } = await storeChatWithKey();
  const mistyped = text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A');

  await expect(keys.chatOf(mistyped)).rejects.toThrow(ApiError);
  await expect(keys.chatOf(mistyped)).rejects.toThrow('Check key');
});

it('opens no key and no name, when the wrapped keys of two chats were exchanged', async () => {
  const [one, two] = [await storeChatWithKey(), await storeChatWithKey()];
  const [first, second] = [await stored(one.chatId), await stored(two.chatId)];
  const exchange = under.handle.prepare('UPDATE chat_keys SET wrapped_key = ? WHERE chat_id = ?');
  exchange.run(second.wrapped, one.chatId);
  exchange.run(first.wrapped, two.chatId);

  await expect(reveal(one.chatId)).rejects.toThrow(OpenError);
  expect(() => keys.openName(one.chatId, first.sealed, second.wrapped)).toThrow(OpenError);
});

it('keeps nothing in memory, when a key was destroyed', async () => {
  const { chatId, text } = await storeChatWithKey();
  const { sealed, wrapped } = await stored(chatId);
  expect(keys.openName(chatId, sealed, wrapped)).toBe('Name');
  expect(keys.openName(chatId, sealed, Buffer.alloc(65)), 'the derived key is kept').toBe('Name');

  await under.store.transaction((transaction) => keys.destroy(transaction, chatId));
  keys.evict(chatId);

  await expect(reveal(chatId)).rejects.toThrow('has no key');
  expect(await keys.chatOf(text)).toBeUndefined();
  expect(() => keys.openName(chatId, sealed, Buffer.alloc(65))).toThrow(OpenError);
});
