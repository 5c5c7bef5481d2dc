import { z } from 'zod';
import { ACTIVITY_TYPES, LIMITS, SESSION_END_REASONS } from '../edge/index.js';
import { AnyPassword, AnyUsername, Digest, Id, NewPassword, Time, UserAgent, Username } from './fields.js';

/** A user. */
export const User = z.strictObject({ id: Id, username: z.string(), createdAt: Time }).meta({ id: 'User' });

/** A new session. No other schema contains a token. */
export const NewSession = z
  .strictObject({ id: Id, token: z.string(), createdAt: Time, expiresAt: Time })
  .meta({ id: 'NewSession' });

const SignedIn = z.strictObject({ user: User, session: NewSession });

/** One event of a user's activity. */
export const ActivityEvent = z
  .strictObject({
    at: Time,
    type: z.enum(ACTIVITY_TYPES),
    sessionId: Id.nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'ActivityEvent' });

/** The health of a service. */
export const ServiceHealth = z
  .strictObject({
    service: z.string(),
    outboxPending: z.number().int(),
    outboxOldestMs: z
      .number()
      .int()
      .describe('age of the oldest unconfirmed event in milliseconds; 0 if there is none'),
  })
  .meta({ id: 'ServiceHealth' });

/** The subjects that auth answers. */
export const AUTH_SUBJECTS = {
  'auth.register': {
    summary: 'Creates an account and its first session',
    request: z.strictObject({
      username: Username,
      password: NewPassword,
      userAgent: UserAgent.default(null),
    }),
    reply: SignedIn,
    errors: ['VALIDATION_FAILED', 'USERNAME_TAKEN'],
  },
  'auth.login': {
    summary: 'Verifies a username and password and creates a session',
    request: z.strictObject({
      username: AnyUsername,
      password: AnyPassword,
      userAgent: UserAgent.default(null),
    }),
    reply: SignedIn,
    errors: ['VALIDATION_FAILED', 'INVALID_CREDENTIALS'],
  },
  'auth.logout': {
    summary: 'Ends the session with this digest',
    request: z.strictObject({ digest: Digest }),
    reply: z.strictObject({ sessionId: Id.nullable() }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.session.verify': {
    summary: 'Returns the user of this session and records its use',
    request: z.strictObject({ digest: Digest }),
    reply: z.strictObject({ user: User, sessionId: Id, expiresAt: Time }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED'],
  },
  'auth.session.check': {
    summary: 'Returns which of these sessions have ended and records the use of the others',
    request: z.strictObject({ sessionIds: z.array(Id).max(LIMITS.sessionsPerCheck) }),
    reply: z.strictObject({
      ended: z.array(z.strictObject({ sessionId: Id, reason: z.enum(SESSION_END_REASONS) })),
    }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.session.list': {
    summary: 'Lists the sessions of a user, most recently used first',
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({
      sessions: z.array(
        z.strictObject({ id: Id, createdAt: Time, lastSeenAt: Time, userAgent: z.string().nullable() }),
      ),
    }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.session.revoke': {
    summary: 'Ends one session of a user; bySessionId is the session that requests it, for the activity',
    request: z.strictObject({ userId: Id, sessionId: Id, bySessionId: Id.nullable().default(null) }),
    reply: z.strictObject({ sessionId: Id }),
    errors: ['VALIDATION_FAILED', 'NOT_FOUND'],
  },
  'auth.password.change': {
    summary:
      'Changes the password, ends every other session of the user and gives the requesting session a new token',
    request: z.strictObject({
      digest: Digest,
      currentPassword: AnyPassword,
      newPassword: NewPassword,
    }),
    reply: z.strictObject({ session: NewSession, endedSessionIds: z.array(Id) }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'INVALID_CREDENTIALS'],
  },
  'auth.password.reset': {
    summary: 'Sets a new password by the digest of a one-time token; ends every session of the user',
    request: z.strictObject({ digest: Digest, newPassword: NewPassword }),
    reply: z.strictObject({ user: User, endedSessionIds: z.array(Id) }),
    errors: ['VALIDATION_FAILED', 'NOT_FOUND'],
  },
  'auth.account.delete': {
    summary:
      'Deletes the account with all its sessions; chat and gateway then erase their data of the account',
    request: z.strictObject({ userId: Id, password: AnyPassword }),
    reply: z.strictObject({ endedSessionIds: z.array(Id) }),
    errors: ['VALIDATION_FAILED', 'INVALID_CREDENTIALS', 'UNAUTHENTICATED'],
  },
  'auth.users.get': {
    summary: 'Returns the users with these ids, without unknown ids',
    request: z.strictObject({ ids: z.array(Id).max(500) }),
    reply: z.strictObject({ users: z.array(User) }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.activity.list': {
    summary: "Lists the newest events of a user's activity in auth, at most 200, newest first",
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({ events: z.array(ActivityEvent) }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.health': {
    summary: 'Returns the health of the service, if its database answers',
    request: z.strictObject({}),
    reply: ServiceHealth,
    errors: [],
  },
} as const;
