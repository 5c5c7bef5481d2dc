import { Inject, Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import type { SessionEndReason } from '@app/contracts/edge';
import { LOGGER, ApiError } from '@app/platform';
import type { Logger } from 'pino';
import { AuthStore, type StoredSession } from '../store/auth-store.js';
import { SessionEnd } from './end-session.js';
import { endOf } from './session-age.js';

/** How often the last use of a session is written, in milliseconds. */
const WRITE_USE_MS = 60_000;

/** Checks whether sessions go on, and notes that they are in use. */
@Injectable()
export class SessionVerification {
  constructor(
    private readonly store: AuthStore,
    private readonly sessionEnd: SessionEnd,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Returns the user of the session with this digest, and notes its use.
   * @throws {ApiError} UNAUTHENTICATED
   */
  async verify(digest: string): Promise<Reply<'auth.session.verify'>> {
    const session = await this.find(digest);
    const user = await this.store.users.findById(session.userId);
    if (!user) throw new ApiError('UNAUTHENTICATED');
    const lastSeenAt = Math.max(session.lastSeenAt, Date.now());
    this.noteUse([session]);
    return {
      user: { id: user.id, username: user.username, createdAt: new Date(user.createdAt).toISOString() },
      sessionId: session.id,
      expiresAt: new Date(endOf({ createdAt: session.createdAt, lastSeenAt })).toISOString(),
    };
  }

  /** Returns which of these sessions have ended, with the reason as far as it is known; notes the use of the others. */
  async check(sessionIds: readonly string[]): Promise<Reply<'auth.session.check'>['ended']> {
    const found = new Map(
      (await this.store.sessions.findByIds(sessionIds)).map((session) => [session.id, session]),
    );
    const now = Date.now();
    const expired = [...found.values()].filter((session) => endOf(session) <= now);
    if (expired.length > 0) await this.sessionEnd.expire(expired);
    for (const { id } of expired) found.delete(id);
    this.noteUse([...found.values()]);
    const reasons = new Map<string, SessionEndReason>(expired.map(({ id }) => [id, 'expired']));
    return sessionIds
      .filter((id) => !found.has(id))
      .map((sessionId) => ({ sessionId, reason: reasons.get(sessionId) ?? 'revoked' }));
  }

  /**
   * Finds the session with this digest.
   * @throws {ApiError} UNAUTHENTICATED when there is none, or its age has ended it
   */
  async find(digest: string): Promise<StoredSession> {
    const session = await this.store.sessions.findByDigest(digest);
    if (!session) throw new ApiError('UNAUTHENTICATED');
    if (endOf(session) > Date.now()) return session;
    await this.sessionEnd.expire([session]);
    throw new ApiError('UNAUTHENTICATED');
  }

  /** Writes that sessions are in use, at most once a minute each. */
  private noteUse(sessions: readonly StoredSession[]): void {
    const now = Date.now();
    const ids = sessions.filter(({ lastSeenAt }) => now - lastSeenAt > WRITE_USE_MS).map(({ id }) => id);
    if (ids.length === 0) return;
    // Not awaited: a full or busy disk is no reason to keep anyone out.
    this.store
      .transaction((transaction) => transaction.sessions.setLastSeen(ids, now))
      .catch((error: unknown) => this.logger.warn({ err: error }, 'cannot store the use of a session'));
  }
}
