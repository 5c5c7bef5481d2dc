import { createHash, randomBytes } from 'node:crypto';
import { KEY_BYTES } from './hkdf.js';

const CHECKSUM_LABEL = 'secure-chat/checksum/v1';
const CHECKSUM_BYTES = 4;

/** 36 bytes are 48 characters of base64url with no slack bits: each key has one text form. */
const TEXT_FORM = /^[A-Za-z0-9_-]{48}$/;

/** A text that is no chat key: mistyped, cut, or something else. It does not repeat the text. */
export class ChatKeyFormatError extends Error {
  override readonly name = 'ChatKeyFormatError';

  constructor() {
    super('this is not a chat key; a character may be missing or wrong');
  }
}

/** Makes a chat key: 32 random bytes, the secret that a chat's members share. */
export function createChatKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * The text form of a chat key: base64url of key | checksum (4 bytes), 48 characters.
 * @param chatKey 32 bytes
 * @throws {RangeError} when there are not 32
 */
export function formatChatKey(chatKey: Uint8Array): string {
  if (chatKey.length !== KEY_BYTES) throw new RangeError(`a chat key has ${KEY_BYTES} bytes`);
  return Buffer.concat([chatKey, checksum(chatKey)]).toString('base64url');
}

/**
 * Reads a chat key's text form. A mistyped key passes with a chance of 2^-32.
 * @param text as typed or pasted; white space around it is ignored
 * @returns its 32 bytes
 * @throws {ChatKeyFormatError} when it is no key
 */
export function parseChatKey(text: string): Buffer {
  const trimmed = text.trim();
  if (!TEXT_FORM.test(trimmed)) throw new ChatKeyFormatError();
  const bytes = Buffer.from(trimmed, 'base64url');
  const chatKey = bytes.subarray(0, KEY_BYTES);
  if (!checksum(chatKey).equals(bytes.subarray(KEY_BYTES))) throw new ChatKeyFormatError();
  return chatKey;
}

function checksum(chatKey: Uint8Array): Buffer {
  return createHash('sha256').update(CHECKSUM_LABEL).update(chatKey).digest().subarray(0, CHECKSUM_BYTES);
}
