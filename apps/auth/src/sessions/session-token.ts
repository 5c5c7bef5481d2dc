import { createHash, randomBytes } from 'node:crypto';

/** Creates a session's token: 256 random bits as base64url. Only its digest is stored. */
export function createSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Returns the SHA-256 of a token in hex, which names the session everywhere but in its cookie. */
export function sessionDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
