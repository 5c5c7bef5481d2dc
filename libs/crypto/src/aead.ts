import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** The first byte of all that is sealed, and of every bound context. */
export const FORMAT_VERSION = 1;

/** The second byte of every bound context: what was sealed for one purpose opens for no other. */
export const PURPOSE = { message: 1, chatKey: 2, chatName: 3, reaction: 4 } as const;

/** What was sealed does not open: changed, moved, cut, of another key or version. It does not say which. */
export class OpenError extends Error {
  override readonly name = 'OpenError';

  constructor() {
    super('the sealed bytes do not open in this place with this key');
  }
}

/** Nonces are drawn in blocks, since a call per nonce costs more than the nonce. Each byte is used once. */
const noncePool = Buffer.alloc(NONCE_BYTES * 340);
let nonceOffset = noncePool.length;

function nextNonce(): Buffer {
  if (nonceOffset === noncePool.length) {
    randomFillSync(noncePool);
    nonceOffset = 0;
  }
  return noncePool.subarray(nonceOffset, (nonceOffset += NONCE_BYTES));
}

/**
 * Seals with AES-256-GCM under a fresh random nonce.
 * @param key 32 bytes
 * @param header stands before the nonce, in clear; the caller binds it by the context
 * @param plain bytes, or a text that becomes UTF-8
 * @param context what the sealed bytes are bound to (additional authenticated data); not stored
 * @returns header | nonce (12) | ciphertext | tag (16)
 */
export function seal(
  key: KeyObject,
  header: Uint8Array,
  plain: string | Uint8Array,
  context: Uint8Array,
): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(context);
  const ciphertext = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final(); // GCM gives no bytes here, but the tag is made.
  const start = header.length + NONCE_BYTES;
  const out = Buffer.allocUnsafe(start + ciphertext.length + TAG_BYTES);
  out.set(header, 0);
  out.set(nonce, header.length);
  out.set(ciphertext, start);
  out.set(cipher.getAuthTag(), start + ciphertext.length);
  return out;
}

/**
 * Opens what `seal` made.
 * @param headerBytes how many bytes stand before the nonce; checking them is the caller's
 * @throws {OpenError} when the key or the context is another one, or any bit was changed
 */
export function open(key: KeyObject, headerBytes: number, sealed: Uint8Array, context: Uint8Array): Buffer {
  const start = headerBytes + NONCE_BYTES;
  const end = sealed.length - TAG_BYTES;
  if (end < start) throw new OpenError();
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(headerBytes, start));
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(start, end));
  try {
    decipher.final(); // Throws when the tag does not fit; nothing is given out before.
  } catch {
    throw new OpenError();
  }
  return plain;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Opens a sealed text.
 * @throws {OpenError} as `open`, also when the bytes are no UTF-8
 */
export function openText(
  key: KeyObject,
  headerBytes: number,
  sealed: Uint8Array,
  context: Uint8Array,
): string {
  const plain = open(key, headerBytes, sealed, context);
  try {
    return decoder.decode(plain);
  } catch {
    throw new OpenError();
  }
}

/**
 * Refuses a text that UTF-8 cannot carry, which would open as another one.
 * @throws {RangeError} for a lone surrogate
 */
export function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new RangeError('a text with a lone surrogate cannot be sealed');
}
