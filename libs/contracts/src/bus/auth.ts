import { z } from 'zod';
import { ACTIVITY_TYPES, LIMITS, SESSION_END_REASONS } from '../edge/index.js';
import { AnyPassword, AnyUsername, Digest, Id, NewPassword, Time, UserAgent, Username } from './fields.js';

/** Someone with an account. */
export const User = z.strictObject({ id: Id, username: z.string(), createdAt: Time }).meta({ id: 'User' });

/** A session that was just made: the only place where its token appears. */
export const NewSession = z
  .strictObject({ id: Id, token: z.string(), createdAt: Time, expiresAt: Time })
  .meta({ id: 'NewSession' });

const SignedIn = z.strictObject({ user: User, session: NewSession });

/** One event of a user's own activity. */
export const ActivityEvent = z
  .strictObject({
    at: Time,
    type: z.enum(ACTIVITY_TYPES),
    sessionId: Id.nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'ActivityEvent' });

/** What a service says of its own health. */
export const ServiceHealth = z
  .strictObject({
    service: z.string(),
    outboxPending: z.number().int(),
    outboxOldestMs: z.number().int().describe('age of the oldest event that is not confirmed, 0 without one'),
  })
  .meta({ id: 'ServiceHealth' });

/** The subjects that auth answers. */
export const AUTH_SUBJECTS = {
  'auth.register': {
    summary: 'Makes an account and its first session',
    request: z.strictObject({
      username: Username,
      password: NewPassword,
      userAgent: UserAgent.default(null),
    }),
    reply: SignedIn,
    errors: ['VALIDATION_FAILED', 'USERNAME_TAKEN'],
  },
  'auth.login': {
    summary: 'Checks a name and password and makes a session',
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
    summary: 'Says whose session this is, and notes that it was used',
    request: z.strictObject({ digest: Digest }),
    reply: z.strictObject({ user: User, sessionId: Id, expiresAt: Time }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED'],
  },
  'auth.session.check': {
    summary: 'Says which of these sessions have ended, and notes that the others are in use',
    request: z.strictObject({ sessionIds: z.array(Id).max(LIMITS.sessionsPerCheck) }),
    reply: z.strictObject({
      ended: z.array(z.strictObject({ sessionId: Id, reason: z.enum(SESSION_END_REASONS) })),
    }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.session.list': {
    summary: 'Lists the sessions of a user, latest use first',
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({
      sessions: z.array(
        z.strictObject({ id: Id, createdAt: Time, lastSeenAt: Time, userAgent: z.string().nullable() }),
      ),
    }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.session.revoke': {
    summary: 'Ends one session of a user; bySessionId is the one that asks, for the activity',
    request: z.strictObject({ userId: Id, sessionId: Id, bySessionId: Id.nullable().default(null) }),
    reply: z.strictObject({ sessionId: Id }),
    errors: ['VALIDATION_FAILED', 'NOT_FOUND'],
  },
  'auth.password.change': {
    summary:
      'Changes the password, ends every other session of the user and gives the asking one a new token',
    request: z.strictObject({
      digest: Digest,
      currentPassword: AnyPassword,
      newPassword: NewPassword,
    }),
    reply: z.strictObject({ session: NewSession, endedSessionIds: z.array(Id) }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'INVALID_CREDENTIALS'],
  },
  'auth.password.reset': {
    summary:
      'Sets a new password for the holder of a one-time token, named by its digest; every session of the user ends',
    request: z.strictObject({ digest: Digest, newPassword: NewPassword }),
    reply: z.strictObject({ user: User, endedSessionIds: z.array(Id) }),
    errors: ['VALIDATION_FAILED', 'NOT_FOUND'],
  },
  'auth.account.delete': {
    summary: 'Deletes the account with all its sessions; chat and gateway erase what is theirs afterwards',
    request: z.strictObject({ userId: Id, password: AnyPassword }),
    reply: z.strictObject({ endedSessionIds: z.array(Id) }),
    errors: ['VALIDATION_FAILED', 'INVALID_CREDENTIALS', 'UNAUTHENTICATED'],
  },
  'auth.users.get': {
    summary: 'Gives the users with these ids; unknown ids are left out',
    request: z.strictObject({ ids: z.array(Id).max(500) }),
    reply: z.strictObject({ users: z.array(User) }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.activity.list': {
    summary: "Lists what auth knows of a user's activity, newest first, at most 200",
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({ events: z.array(ActivityEvent) }),
    errors: ['VALIDATION_FAILED'],
  },
  'auth.health': {
    summary: 'Answers when its database answers',
    request: z.strictObject({}),
    reply: ServiceHealth,
    errors: [],
  },
} as const;
