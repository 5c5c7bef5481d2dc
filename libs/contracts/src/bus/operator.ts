import { z } from 'zod';
import { AUTH_SUBJECTS } from './auth.js';
import { AnyUsername, Digest, Id, Time } from './fields.js';

const OfAccount = z.strictObject({ username: AnyUsername });
const errors = ['VALIDATION_FAILED', 'NOT_FOUND'] as const;

/**
 * The subjects with which the operator manages accounts; auth answers them. They are not under `auth.>`, so that only
 * the operator's NATS user has permission for them, and the gateway's has not.
 */
export const OPERATOR_SUBJECTS = {
  'operator.reset': {
    summary:
      'Stores the digest of a one-time token with which its holder can set a new password until it expires',
    request: z.strictObject({ username: AnyUsername, digest: Digest }),
    reply: z.strictObject({ username: z.string(), expiresAt: Time }),
    errors,
  },
  'operator.sessions.list': {
    summary: 'Lists the sessions of an account, most recently used first',
    request: OfAccount,
    reply: AUTH_SUBJECTS['auth.session.list'].reply,
    errors,
  },
  'operator.sessions.end': {
    summary: 'Ends all sessions of an account',
    request: OfAccount,
    reply: z.strictObject({ endedSessionIds: z.array(Id) }),
    errors,
  },
  'operator.delete': {
    summary: 'Deletes an account as its owner would; chat and gateway then erase their data of the account',
    request: OfAccount,
    reply: z.strictObject({ endedSessionIds: z.array(Id) }),
    errors,
  },
} as const;
