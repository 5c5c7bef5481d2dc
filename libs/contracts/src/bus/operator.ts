import { z } from 'zod';
import { AUTH_SUBJECTS } from './auth.js';
import { AnyUsername, Digest, Id, Time } from './fields.js';

const OfAccount = z.strictObject({ username: AnyUsername });
const errors = ['VALIDATION_FAILED', 'NOT_FOUND'] as const;

/**
 * The subjects by which the operator of an installation looks after accounts; auth answers them. They stand apart
 * from `auth.>` so that the gateway's user may not ask them: only the operator's own may.
 */
export const OPERATOR_SUBJECTS = {
  'operator.reset': {
    summary: 'Takes the digest of a one-time token that lets its holder set a new password for a while',
    request: z.strictObject({ username: AnyUsername, digest: Digest }),
    reply: z.strictObject({ username: z.string(), expiresAt: Time }),
    errors,
  },
  'operator.sessions.list': {
    summary: 'Lists the sessions of an account, latest use first',
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
    summary: 'Deletes an account as its owner would; chat and gateway erase what is theirs afterwards',
    request: OfAccount,
    reply: z.strictObject({ endedSessionIds: z.array(Id) }),
    errors,
  },
} as const;
