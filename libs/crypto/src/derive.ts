import { createSecretKey, type KeyObject } from 'node:crypto';
import { hkdf, KEY_BYTES } from './hkdf.js';

const MESSAGE_LABEL = 'secure-chat/message/v1';
const NAME_LABEL = 'secure-chat/name/v1';

/**
 * Derives the key that seals a chat's messages.
 * @param chatKey 32 bytes
 * @param chatId 16 bytes, the salt
 */
export function deriveMessageKey(chatKey: Uint8Array, chatId: Uint8Array): KeyObject {
  return derive(chatKey, chatId, MESSAGE_LABEL);
}

/**
 * Derives the key that seals a chat's name.
 * @param chatKey 32 bytes
 * @param chatId 16 bytes, the salt
 */
export function deriveNameKey(chatKey: Uint8Array, chatId: Uint8Array): KeyObject {
  return derive(chatKey, chatId, NAME_LABEL);
}

/** Returns the 32 bytes of a message key, for the one bus reply that contains it. */
export function messageKeyToBytes(messageKey: KeyObject): Buffer {
  return messageKey.export();
}

/**
 * Returns a message key from its bytes.
 * @param bytes 32 bytes, as received over the bus
 * @throws {RangeError} if there are not 32
 */
export function messageKeyFromBytes(bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_BYTES) throw new RangeError(`a message key has ${KEY_BYTES} bytes`);
  return createSecretKey(bytes);
}

function derive(chatKey: Uint8Array, chatId: Uint8Array, label: string): KeyObject {
  if (chatKey.length !== KEY_BYTES || chatId.length !== 16)
    throw new RangeError('a chat key has 32 bytes, a chat id 16');
  return createSecretKey(hkdf(chatKey, chatId, label, KEY_BYTES));
}
