import { createHmac, type KeyObject } from 'node:crypto';

const LABEL = 'secure-chat/content/v1';

/**
 * Returns a keyed digest of what a message was first sent with, by which a repeat is recognised after an edit. Without
 * the chat's key it says nothing of the text.
 * @param messageKey from `deriveMessageKey`
 * @param messageId 16 bytes
 * @param replyTo 16 bytes, or null
 * @returns 32 bytes: HMAC-SHA-256 (RFC 2104) under a key that is derived from the message key by HMAC of a label
 */
export function contentDigest(
  messageKey: KeyObject,
  messageId: Uint8Array,
  text: string,
  replyTo: Uint8Array | null,
): Buffer {
  const key = createHmac('sha256', messageKey).update(LABEL).digest();
  const hash = createHmac('sha256', key).update(messageId);
  hash.update(Uint8Array.of(replyTo ? 1 : 0));
  if (replyTo) hash.update(replyTo);
  return hash.update(text, 'utf8').digest();
}
