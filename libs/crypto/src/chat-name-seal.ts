import type { KeyObject } from 'node:crypto';
import { assertWellFormed, FORMAT_VERSION, OpenError, openText, PURPOSE, seal } from './aead.js';

const HEADER = Uint8Array.of(FORMAT_VERSION);
const CHAT_ID_BYTES = 16;

/**
 * Seals a chat's name.
 * @param nameKey from `deriveNameKey`
 * @param chatId 16 bytes
 * @param name without lone surrogates
 * @returns version (1) | nonce (12) | ciphertext | tag (16)
 * @throws {RangeError} for an id that does not have 16 bytes, or a lone surrogate
 */
export function sealChatName(nameKey: KeyObject, chatId: Uint8Array, name: string): Buffer {
  assertWellFormed(name);
  if (chatId.length !== CHAT_ID_BYTES) throw new RangeError('a chat id has 16 bytes');
  return seal(nameKey, HEADER, name, context(chatId));
}

/**
 * Opens a chat's name.
 * @throws {OpenError} if anything has changed since it was sealed
 */
export function openChatName(nameKey: KeyObject, chatId: Uint8Array, sealed: Uint8Array): string {
  if (sealed[0] !== FORMAT_VERSION || chatId.length !== CHAT_ID_BYTES) throw new OpenError();
  return openText(nameKey, HEADER.length, sealed, context(chatId));
}

/** version (1) | purpose (1) | chat id (16) */
function context(chatId: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(FORMAT_VERSION, PURPOSE.chatName), chatId]);
}
