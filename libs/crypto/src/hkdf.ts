import { hkdfSync } from 'node:crypto';

/** The length of every key of this library. */
export const KEY_BYTES = 32;

/**
 * Derives a secret by HKDF with SHA-256 (RFC 5869), extract and expand.
 * @param inputKey the secret to derive from
 * @param salt may be empty
 * @param info the label: purpose and version
 * @param length the number of bytes to derive
 */
export function hkdf(
  inputKey: Uint8Array,
  salt: Uint8Array,
  info: string | Uint8Array,
  length: number,
): Buffer {
  return Buffer.from(hkdfSync('sha256', inputKey, salt, info, length));
}
