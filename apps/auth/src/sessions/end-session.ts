import { Injectable } from '@nestjs/common';
import type { SessionEndReason } from '@app/contracts/edge';
import { ApiError } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { AuthStore, type ActivityEvent, type StoredSession } from '../store/auth-store.js';
import { Sessions } from './sessions.js';

/** Ends single sessions: by log-out, by another session of the user, by age. */
@Injectable()
export class SessionEnd {
  constructor(
    private readonly store: AuthStore,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
  ) {}

  /** Ends the session with this digest. Returns its id, or null when there is none. */
  async logOut(digest: string): Promise<string | null> {
    const session = await this.store.sessions.findByDigest(digest);
    if (!session) return null;
    const { id: sessionId, userId } = session;
    await this.end([session], 'logged-out', { userId, type: 'logged-out', sessionId });
    return sessionId;
  }

  /**
   * Ends one session of a user.
   * @throws {ApiError} NOT_FOUND
   */
  async revoke(userId: string, sessionId: string, bySessionId: string | null): Promise<void> {
    const [session] = await this.store.sessions.findByIds([sessionId]);
    if (session?.userId !== userId) throw new ApiError('NOT_FOUND', 'Session not found');
    await this.end([session], 'revoked', {
      userId,
      type: 'session-revoked',
      sessionId: bySessionId,
      detail: session.userAgent,
    });
  }

  /** Ends sessions whose age has ended them. */
  async expire(sessions: readonly StoredSession[]): Promise<void> {
    await this.end(sessions, 'expired');
  }

  private async end(
    sessions: readonly StoredSession[],
    reason: SessionEndReason,
    event?: ActivityEvent,
  ): Promise<void> {
    await this.activity.transaction(async (transaction, record) => {
      await transaction.sessions.delete(sessions.map(({ id }) => id));
      if (event) await record(event);
    });
    this.sessions.publishEnded(sessions, reason);
  }
}
