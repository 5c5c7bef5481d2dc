import { createHash, randomBytes } from 'node:crypto';

/** Makes a session's token: 256 random bits as base64url. Only its digest is stored. */
export function createSessionToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What a session is named by everywhere but in its cookie: the SHA-256 of its token, in hex. */
export function sessionDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
