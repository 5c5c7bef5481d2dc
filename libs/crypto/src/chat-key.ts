import { randomBytes } from 'node:crypto';
import { parseChatKey as parseText } from '@app/contracts/edge';
import { KEY_BYTES } from './hkdf.js';

export { ChatKeyFormatError, formatChatKey } from '@app/contracts/edge';

/** Makes a chat key: 32 random bytes, the secret that a chat's members share. */
export function createChatKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

/**
 * Reads a chat key in either text form.
 * @param text as typed or pasted; white space around it is ignored
 * @returns its 32 bytes
 * @throws {ChatKeyFormatError} when it is no key
 */
export function parseChatKey(text: string): Buffer {
  return Buffer.from(parseText(text).buffer);
}
