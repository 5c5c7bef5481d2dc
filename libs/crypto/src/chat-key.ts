import { randomBytes } from 'node:crypto';
import { parseChatKey as parseText } from '@app/contracts/edge';
import { KEY_BYTES } from './hkdf.js';

export { ChatKeyFormatError, formatChatKey } from '@app/contracts/edge';

/** Generates a chat key: 32 random bytes, the secret that the members of a chat share. */
export function createChatKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * Returns the bytes of a chat key in either text form.
 * @param text as typed or pasted; surrounding white space is ignored
 * @returns 32 bytes
 * @throws {ChatKeyFormatError} if the text is not a chat key
 */
export function parseChatKey(text: string): Buffer {
  return Buffer.from(parseText(text).buffer);
}
