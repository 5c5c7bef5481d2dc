import type { EventPayload, EventSubject } from '@app/contracts/bus';
import type { ActivityType } from '@app/contracts/edge';

/** An account as it is stored. Times are milliseconds since 1970. */
export interface StoredUser {
  readonly id: string;
  readonly username: string;
  /** Argon2id in PHC form, with its parameters. */
  readonly passwordHash: string;
  readonly createdAt: number;
}

/** A session as it is stored: never its token. */
export interface StoredSession {
  readonly id: string;
  readonly userId: string;
  /** SHA-256 of the token, in hex. */
  readonly digest: string;
  readonly userAgent: string | null;
  readonly createdAt: number;
  /** Written at most once a minute. */
  readonly lastSeenAt: number;
}

/** Something a user did, or that was tried on their account. */
export interface ActivityEvent {
  readonly userId: string;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  /** What helps the owner to recognise it, such as the browser; never a secret. */
  readonly detail?: string | null;
  /** Who or what did it, where it was not the owner in a session of theirs. */
  readonly by?: 'the operator' | 'a reset link';
}

/** An event as it is stored; events that are alike are one with a count. */
export interface StoredActivity {
  readonly at: number;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  readonly detail: string | null;
  readonly actor: string | null;
  readonly count: number;
}

/** The user id of failed log-ins under a name that nobody has. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Reads accounts. */
export interface UserReader {
  findById(id: string): Promise<StoredUser | undefined>;
  /** Finds an account by its name in any case. */
  findByName(username: string): Promise<StoredUser | undefined>;
  /** Finds accounts by id; unknown ids are left out. */
  findByIds(ids: readonly string[]): Promise<StoredUser[]>;
}

/** Reads and writes accounts. */
export interface UserRepository extends UserReader {
  /** Returns false when the name is taken in any case. */
  insert(user: StoredUser): Promise<boolean>;
  /** Sets a password hash in place of another. Returns false when the account has neither that hash nor exists. */
  replacePassword(id: string, oldHash: string, newHash: string): Promise<boolean>;
  setPassword(id: string, hash: string): Promise<void>;
  delete(id: string): Promise<void>;
}

/** Reads sessions. */
export interface SessionReader {
  findByDigest(digest: string): Promise<StoredSession | undefined>;
  findByIds(ids: readonly string[]): Promise<StoredSession[]>;
  /** Lists a user's sessions, latest use first. */
  listByUser(userId: string): Promise<StoredSession[]>;
  /** Lists sessions last seen, or created, before a time. */
  listOlder(lastSeenBefore: number, createdBefore: number, limit: number): Promise<StoredSession[]>;
}

/** Reads and writes sessions. */
export interface SessionRepository extends SessionReader {
  insert(session: StoredSession): Promise<void>;
  /** Returns the ids of all but the newest sessions of a user, in the order of their insertion whatever the clock did. */
  listExcess(userId: string, newest: number): Promise<string[]>;
  /** Returns false when the session no longer has the old digest. */
  replaceDigest(id: string, oldDigest: string, newDigest: string): Promise<boolean>;
  /** Notes the use of sessions; a later time stays. */
  setLastSeen(ids: readonly string[], at: number): Promise<void>;
  delete(ids: readonly string[]): Promise<void>;
}

/** Reads what users did. */
export interface ActivityReader {
  /** Lists a user's events, newest first. */
  list(userId: string): Promise<StoredActivity[]>;
}

/** Reads and writes what users did. */
export interface ActivityRepository extends ActivityReader {
  /** Adds an event, unless its account was deleted, and evicts what exceeds the user's quota. */
  add(event: ActivityEvent): Promise<void>;
  deleteByUser(userId: string): Promise<void>;
}

/** Reads the one-time links for a new password: only the digests of their tokens are stored, one per account. */
export interface ResetLinkReader {
  /** Returns the user whose password a token may set; none for a token that was used, replaced or has expired. */
  findOwner(digest: string): Promise<string | undefined>;
}

/** Reads and writes the one-time links for a new password. */
export interface ResetLinkRepository extends ResetLinkReader {
  /** Stores an account's link in place of an earlier one. */
  replace(userId: string, digest: string, expiresAt: number): Promise<void>;
  delete(userId: string): Promise<void>;
}

/** Reads which deleted accounts may still have bytes in the store's files. */
export interface UnscrubbedReader {
  list(): Promise<string[]>;
  count(): Promise<number>;
}

/** Reads and writes which deleted accounts may still have bytes in the store's files. */
export interface UnscrubbedRepository extends UnscrubbedReader {
  add(userId: string): Promise<void>;
  delete(userIds: readonly string[]): Promise<void>;
}

/** The repositories of one transaction; worth nothing after its end. */
export interface AuthTransaction {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly activity: ActivityRepository;
  readonly resetLinks: ResetLinkRepository;
  readonly unscrubbed: UnscrubbedRepository;
  /** Stores an event that other services confirm; `Outbox.deliver` sends it after the commit. */
  addEvent<S extends EventSubject>(subject: S, payload: EventPayload<S>): Promise<void>;
}

/** What the auth service stores, whatever the engine. Everything is written in a transaction. */
export abstract class AuthStore {
  abstract readonly users: UserReader;
  abstract readonly sessions: SessionReader;
  abstract readonly activity: ActivityReader;
  abstract readonly resetLinks: ResetLinkReader;
  abstract readonly unscrubbed: UnscrubbedReader;

  /**
   * Runs work in one transaction, as if nothing else ran; what it throws rolls everything back.
   * @param work must await nothing but the transaction; an engine may run it again
   */
  abstract transaction<T>(work: (transaction: AuthTransaction) => Promise<T>): Promise<T>;

  /**
   * Removes every byte of what was deleted before the call from the store's files.
   * @throws when that is not possible now; the caller tries again
   */
  abstract scrub(): Promise<void>;

  /** Whether the disk takes writes. */
  abstract takesWrites(): Promise<boolean>;
}
