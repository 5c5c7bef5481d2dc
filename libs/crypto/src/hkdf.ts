import { hkdfSync } from 'node:crypto';

/** The bytes of every key of this library. */
export const KEY_BYTES = 32;

/**
 * HKDF with SHA-256 (RFC 5869), extract and expand.
 * @param inputKey what the secret is derived from
 * @param salt empty where the input key stands for itself
 * @param info the label: purpose and version
 * @param length how many bytes to derive
 */
export function hkdf(
  inputKey: Uint8Array,
  salt: Uint8Array,
  info: string | Uint8Array,
  length: number,
): Buffer {
  return Buffer.from(hkdfSync('sha256', inputKey, salt, info, length));
}
