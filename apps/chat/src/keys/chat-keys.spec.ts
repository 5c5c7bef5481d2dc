import { createHash, randomUUID } from 'node:crypto';
import { createMasterKeyLine, OpenError, parseChatKey, parseMasterKeys, type MasterKeys } from '@app/crypto';
import { Refusal, sqliteHandle } from '@app/platform';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { aStore, type StoreUnderTest } from '../../test/store-under-test.js';
import { ChatKeys } from './chat-keys.js';

let store: StoreUnderTest;
let masterKeys: MasterKeys;
let keys: ChatKeys;

beforeEach(async () => {
  store = await aStore();
  masterKeys = parseMasterKeys(createMasterKeyLine(1));
  keys = new ChatKeys(masterKeys, store.source);
});
afterEach(() => store.close());

/** Stores a chat with a key. */
function storeChat(): Promise<{ chatId: string; text: string }> {
  return store.queue.transaction((handle) => {
    const chatId = randomUUID();
    handle.prepare('INSERT INTO chats VALUES (?, NULL, 0, ?)').run(chatId, chatId);
    return { chatId, text: keys.create(chatId) };
  });
}

it('finds and reveals a chat by its key', async () => {
  const { chatId, text } = await storeChat();

  expect(keys.chatOf(text)).toBe(chatId);
  expect(keys.reveal(chatId)).toBe(text);
});

it('gives the same message key from memory as from the store', async () => {
  const { chatId } = await storeChat();

  const first = keys.messageAccess(chatId);
  const again = keys.messageAccess(chatId);

  expect(first.messageKey).toHaveLength(32);
  expect(again).toEqual(first);
});

it('finds a chat by its key in the first text form, and gives the key in the form of today', async () => {
  const { chatId, text } = await storeChat();
  const bytes = parseChatKey(text);
  const checksum = createHash('sha256').update('secure-chat/checksum/v1').update(bytes).digest();
  const first = Buffer.concat([bytes, checksum.subarray(0, 4)]).toString('base64url');

  expect(keys.chatOf(first)).toBe(chatId);
  expect(keys.chatOf(text.toLowerCase().replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l'))).toBe(
    chatId,
  );
  expect(keys.reveal(chatId)).toBe(text);
});

it('is refused on the field key, when a character was changed', async () => {
  const { text } = await storeChat();
  const mistyped = text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A');

  expect(() => keys.chatOf(mistyped)).toThrow(Refusal);
  expect(() => keys.chatOf(mistyped)).toThrow('Check key');
});

it('opens no key and no name, when the wrapped keys of two chats were exchanged', async () => {
  const [one, two] = [await storeChat(), await storeChat()];
  const sealed = keys.sealName(one.chatId, 'Name');
  const handle = sqliteHandle(store.source);
  const read = handle.prepare<[string], { wrapped_key: Buffer }>(
    'SELECT wrapped_key FROM chat_keys WHERE chat_id = ?',
  );
  const [first, second] = [read.get(one.chatId)?.wrapped_key, read.get(two.chatId)?.wrapped_key];
  handle.prepare('UPDATE chat_keys SET wrapped_key = ? WHERE chat_id = ?').run(second, one.chatId);
  handle.prepare('UPDATE chat_keys SET wrapped_key = ? WHERE chat_id = ?').run(first, two.chatId);
  const afterRestart = new ChatKeys(masterKeys, store.source);

  expect(() => keys.reveal(one.chatId)).toThrow(OpenError);
  expect(() => afterRestart.openName(one.chatId, sealed, second as Buffer)).toThrow(OpenError);
});

it('keeps nothing in memory, when a key was destroyed', async () => {
  const { chatId, text } = await storeChat();
  const sealed = keys.sealName(chatId, 'Name');

  await store.queue.transaction(() => keys.destroy(chatId));

  expect(() => keys.messageAccess(chatId)).toThrow('has no key');
  expect(keys.chatOf(text)).toBeUndefined();
  expect(() => keys.openName(chatId, sealed, Buffer.alloc(65))).toThrow(OpenError);
});
