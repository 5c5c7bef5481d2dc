import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** The format version: the first byte of all sealed bytes and of every context. */
export const FORMAT_VERSION = 1;

/** The second byte of every bound context: what was sealed for one purpose opens for no other. */
export const PURPOSE = { message: 1, chatKey: 2, chatName: 3, reaction: 4 } as const;

/**
 * Thrown when sealed bytes do not open: changed, moved, truncated, or of another key or version. It does not reveal
 * which.
 */
export class OpenError extends Error {
  override readonly name = 'OpenError';

  constructor() {
    super('the sealed bytes do not open in this place with this key');
  }
}

/** Nonces are generated in blocks, because a call per nonce costs more than the nonce. Each byte is used once. */
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
 * @param header stored before the nonce, in plain form; the caller includes it in the context
 * @param plain bytes, or a text that is encoded as UTF-8
 * @param context what the sealed bytes are bound to (additional authenticated data); it is not stored
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
  cipher.final(); // GCM returns no bytes here, but computes the tag.
  const start = header.length + NONCE_BYTES;
  const out = Buffer.allocUnsafe(start + ciphertext.length + TAG_BYTES);
  out.set(header, 0);
  out.set(nonce, header.length);
  out.set(ciphertext, start);
  out.set(cipher.getAuthTag(), start + ciphertext.length);
  return out;
}

/**
 * Opens bytes that `seal` returned.
 * @param headerBytes the number of bytes before the nonce; the caller checks them
 * @throws {OpenError} if the key or the context is not the same, or any bit has changed
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
    decipher.final(); // Throws if the tag does not match; nothing is returned before.
  } catch {
    throw new OpenError();
  }
  return plain;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Opens a sealed text.
 * @throws {OpenError} as `open`, and if the bytes are not UTF-8
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
 * Rejects a text that UTF-8 cannot represent and that would therefore open as another text.
 * @throws {RangeError} for a lone surrogate
 */
export function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new RangeError('a text with a lone surrogate cannot be sealed');
}
