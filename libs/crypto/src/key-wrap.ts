import { createHmac } from 'node:crypto';
import { FORMAT_VERSION, NONCE_BYTES, open, OpenError, PURPOSE, seal, TAG_BYTES } from './aead.js';
import { KEY_BYTES } from './hkdf.js';
import type { MasterKey, MasterKeys } from './master-key.js';

const HEADER_BYTES = 5;
const WRAPPED_BYTES = HEADER_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const CHAT_ID_BYTES = 16;

/**
 * Wraps a chat key by a version of the master key, bound to its chat.
 * @param chatKeyToWrap 32 bytes
 * @param chatId 16 bytes
 * @returns 65 bytes: format version (1) | master key version (4) | nonce (12) | ciphertext (32) | tag (16)
 * @throws {RangeError} if a length is wrong
 */
export function wrapChatKey(chatKeyToWrap: Uint8Array, masterKey: MasterKey, chatId: Uint8Array): Buffer {
  if (chatKeyToWrap.length !== KEY_BYTES || chatId.length !== CHAT_ID_BYTES)
    throw new RangeError('a chat key has 32 bytes, a chat id 16');
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(FORMAT_VERSION, 0);
  header.writeUInt32BE(masterKey.version, 1);
  return seal(masterKey.wrappingKey, header, chatKeyToWrap, context(masterKey.version, chatId));
}

/**
 * Unwraps a chat key.
 * @param wrapped the result of `wrapChatKey`
 * @param masterKeys the live versions
 * @param chatId 16 bytes
 * @returns the chat key's 32 bytes
 * @throws {OpenError} if its version is not live, it belongs to another chat, or any bit has changed
 */
export function unwrapChatKey(wrapped: Uint8Array, masterKeys: MasterKeys, chatId: Uint8Array): Buffer {
  const masterKey = masterKeys.get(wrappedKeyVersion(wrapped));
  if (!masterKey || chatId.length !== CHAT_ID_BYTES) throw new OpenError();
  return open(masterKey.wrappingKey, HEADER_BYTES, wrapped, context(masterKey.version, chatId));
}

/**
 * Returns the version of the master key that wrapped a chat key. It is not authenticated until the key is unwrapped.
 * @throws {OpenError} if it is not a wrapped key of a known format
 */
export function wrappedKeyVersion(wrapped: Uint8Array): number {
  if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== FORMAT_VERSION) throw new OpenError();
  return new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(1);
}

/**
 * Returns the index of a chat key, by which a join finds its chat: HMAC-SHA-256 under the lookup key. Without the
 * master key it reveals nothing about the chat key, and a guess cannot be verified with it.
 * @param chatKey 32 bytes
 * @returns 32 bytes
 */
export function lookupIndex(chatKey: Uint8Array, masterKey: Pick<MasterKey, 'lookupKey'>): Buffer {
  return createHmac('sha256', masterKey.lookupKey).update(chatKey).digest();
}

/** format version (1) | purpose (1) | chat id (16) | master key version (4) */
function context(masterKeyVersion: number, chatId: Uint8Array): Buffer {
  const bytes = Buffer.alloc(2 + CHAT_ID_BYTES + 4);
  bytes.writeUInt8(FORMAT_VERSION, 0);
  bytes.writeUInt8(PURPOSE.chatKey, 1);
  bytes.set(chatId, 2);
  bytes.writeUInt32BE(masterKeyVersion, 2 + CHAT_ID_BYTES);
  return bytes;
}
