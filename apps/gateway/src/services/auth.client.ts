import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { User } from '@app/contracts/edge';
import { LruMap, BusClient, ApiError } from '@app/platform';
import type { Reply } from '@app/contracts/bus';
import { StaleIfErrorCache } from './stale-if-error-cache.js';

/** A session that auth has vouched for. */
export interface VerifiedSession {
  readonly sessionId: string;
  readonly digest: string;
  readonly user: User;
  readonly expiresAt: number;
}

/** The name of a session everywhere but in its cookie: the SHA-256 of its token, in hex. */
export function sessionDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** How long a verified session serves: with the sockets' check every 10 s, none outlives its end by more than 30 s. */
const SESSION_FRESH_MS = 20_000;

/** How long a digest that auth does not know is refused without a new request: none becomes a session's later. */
const UNKNOWN_MS = 5_000;

/** How long checking a password may take while many log in, in milliseconds. */
const PASSWORD_TIMEOUT_MS = 2_800;
const DELETION_TIMEOUT_MS = 9_000;

/** How many ended sessions and deleted users are remembered, against answers that were under way. */
const MAX_ENDED = 10_000;

/** Calls the auth service; caches verified sessions and names. */
@Injectable()
export class AuthClient {
  private readonly sessions = new StaleIfErrorCache<VerifiedSession>(SESSION_FRESH_MS);
  /** When auth said last that it does not know a digest, by the monotonic clock. */
  private readonly unknown = new LruMap<string, number>(MAX_ENDED);
  private readonly endedSessions = new LruMap<string, true>(MAX_ENDED);
  /** The digest under which each session was verified last. */
  private readonly digests = new LruMap<string, string>(MAX_ENDED);
  private readonly users = new LruMap<string, User>(MAX_ENDED);
  private readonly deletedUsers = new LruMap<string, true>(MAX_ENDED);

  constructor(private readonly bus: BusClient) {}

  /**
   * Says whose session a digest names.
   * @throws {ApiError} UNAUTHENTICATED, SERVICE_UNAVAILABLE
   */
  async verify(digest: string): Promise<VerifiedSession> {
    if (performance.now() - (this.unknown.get(digest) ?? -Infinity) < UNKNOWN_MS)
      throw new ApiError('UNAUTHENTICATED');
    const session = await this.sessions.get(digest, '', async () => {
      const reply = await this.askSession(digest);
      // The reply may have been under way when the session ended; its id never comes back.
      if (this.endedSessions.get(reply.sessionId)) throw new ApiError('UNAUTHENTICATED');
      this.users.set(reply.user.id, reply.user);
      this.digests.set(reply.sessionId, digest);
      return { sessionId: reply.sessionId, digest, user: reply.user, expiresAt: Date.parse(reply.expiresAt) };
    });
    if (session.expiresAt > Date.now() && !this.isEnded(session.sessionId)) return session;
    this.sessions.evict(digest);
    throw new ApiError('UNAUTHENTICATED');
  }

  private async askSession(digest: string): Promise<Reply<'auth.session.verify'>> {
    try {
      return await this.bus.request('auth.session.verify', { digest });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED')
        this.unknown.set(digest, performance.now());
      throw error;
    }
  }

  /** Whether auth has vouched for the session of a digest before. */
  knows(digest: string): boolean {
    return this.sessions.has(digest);
  }

  /** Evicts a session that has ended. */
  evictSession(sessionId: string): void {
    this.endedSessions.set(sessionId, true);
    const digest = this.digests.get(sessionId);
    if (digest !== undefined) this.sessions.evict(digest);
    this.digests.delete(sessionId);
  }

  /** Evicts a deleted user: the name is not shown any more. */
  evictUser(userId: string): void {
    this.deletedUsers.set(userId, true);
    this.users.delete(userId);
  }

  /** Whether a session ended while this process ran. */
  isEnded(sessionId: string): boolean {
    return this.endedSessions.get(sessionId) === true;
  }

  /** Whether a user's account was deleted while this process ran. */
  isDeleted(userId: string): boolean {
    return this.deletedUsers.get(userId) === true;
  }

  /**
   * The users with these ids, those that are deleted left out.
   * @throws {ApiError} SERVICE_UNAVAILABLE when one is not known here and auth does not answer
   */
  async usersById(ids: Iterable<string>): Promise<Map<string, User>> {
    const found = new Map<string, User>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const user = this.users.get(id);
      if (user) found.set(id, user);
      else if (!this.deletedUsers.get(id)) missing.push(id);
    }
    for (let i = 0; i < missing.length; i += 500) {
      const { users } = await this.bus.request('auth.users.get', { ids: missing.slice(i, i + 500) });
      for (const user of users) {
        if (this.deletedUsers.get(user.id)) continue;
        this.users.set(user.id, user);
        found.set(user.id, user);
      }
    }
    return found;
  }

  /**
   * Says which of these sessions have ended.
   * @param sessionIds as many as LIMITS.sessionsPerCheck
   */
  async checkSessions(sessionIds: readonly string[]): Promise<Reply<'auth.session.check'>['ended']> {
    return (await this.bus.request('auth.session.check', { sessionIds: [...sessionIds] })).ended;
  }

  /** Makes an account and its first session. */
  register(username: string, password: string, userAgent: string | null): Promise<Reply<'auth.register'>> {
    return this.bus.request('auth.register', { username, password, userAgent }, PASSWORD_TIMEOUT_MS);
  }

  /** Checks a name and password. */
  login(username: string, password: string, userAgent: string | null): Promise<Reply<'auth.login'>> {
    return this.bus.request('auth.login', { username, password, userAgent }, PASSWORD_TIMEOUT_MS);
  }

  /** Ends the session with this digest. */
  async logout(digest: string): Promise<string | null> {
    const { sessionId } = await this.bus.request('auth.logout', { digest });
    return sessionId;
  }

  /** The sessions of a user. */
  async listSessions(userId: string): Promise<Reply<'auth.session.list'>['sessions']> {
    return (await this.bus.request('auth.session.list', { userId })).sessions;
  }

  /** Ends one session of a user. */
  async revoke(userId: string, sessionId: string, bySessionId: string): Promise<void> {
    await this.bus.request('auth.session.revoke', { userId, sessionId, bySessionId });
  }

  /** Changes the password of a session's user: the session goes on under a new token. */
  async changePassword(
    session: VerifiedSession,
    currentPassword: string,
    newPassword: string,
  ): Promise<Reply<'auth.password.change'>> {
    const { digest } = session;
    const body = { digest, currentPassword, newPassword };
    const changed = await this.bus.request('auth.password.change', body, PASSWORD_TIMEOUT_MS);
    this.sessions.evict(digest);
    return changed;
  }

  /** Sets a new password for the holder of a one-time token, named by its digest; every session of the user ends. */
  resetPassword(digest: string, newPassword: string): Promise<Reply<'auth.password.reset'>> {
    return this.bus.request('auth.password.reset', { digest, newPassword }, PASSWORD_TIMEOUT_MS);
  }

  /** Deletes an account; the ids of its sessions. */
  async deleteAccount(userId: string, password: string): Promise<string[]> {
    const reply = await this.bus.request('auth.account.delete', { userId, password }, DELETION_TIMEOUT_MS);
    return reply.endedSessionIds;
  }

  /** What auth knows of a user's activity. */
  async activity(userId: string): Promise<Reply<'auth.activity.list'>['events']> {
    return (await this.bus.request('auth.activity.list', { userId })).events;
  }

  /** Whether auth and its database answer. */
  health(timeoutMs: number): Promise<Reply<'auth.health'>> {
    return this.bus.request('auth.health', {}, timeoutMs);
  }
}
