import { Injectable } from '@nestjs/common';
import type { Reply, Request } from '@app/contracts/bus';
import { ApiError } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { requireGoodPassword } from '../passwords/password-rules.js';
import { Sessions } from '../sessions/sessions.js';
import { SessionVerification } from '../sessions/verify-session.js';
import { AuthStore } from '../store/auth-store.js';
import { FailedLogIns } from './failed-log-ins.js';

/** Changes passwords for users who know the current one. */
@Injectable()
export class PasswordChange {
  constructor(
    private readonly store: AuthStore,
    private readonly hasher: PasswordHasher,
    private readonly verification: SessionVerification,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
    private readonly failures: FailedLogIns,
  ) {}

  /**
   * Changes the password: every other session of the user ends, and this one gets a new token.
   * @throws {ApiError} UNAUTHENTICATED, INVALID_CREDENTIALS, VALIDATION_FAILED on newPassword
   */
  async change(request: Request<'auth.password.change'>): Promise<Reply<'auth.password.change'>> {
    const current = await this.verification.find(request.digest);
    const user = await this.store.users.findById(current.userId);
    if (!user) throw new ApiError('UNAUTHENTICATED');
    const { id: userId, username, passwordHash } = user;
    if (!(await this.hasher.matches(username, request.currentPassword, passwordHash))) {
      this.failures.record(userId, current.id, current.userAgent);
      throw new ApiError('INVALID_CREDENTIALS');
    }
    requireGoodPassword('newPassword', request.newPassword, username);
    const newHash = await this.hasher.hash(username, request.newPassword);
    const { session, ended } = await this.activity.transaction(async (transaction, record) => {
      // First: a session that ended while the passwords were hashed may change nothing.
      const renewed = await this.sessions.renew(transaction, current);
      if (!(await transaction.users.replacePassword(userId, passwordHash, newHash)))
        throw new ApiError('INVALID_CREDENTIALS');
      const others = await this.sessions.endAll(transaction, userId, current.id);
      await transaction.resetLinks.delete(userId);
      await record({ userId, type: 'password-changed', sessionId: current.id });
      return { session: renewed, ended: others };
    });
    this.sessions.publishEnded(ended, 'password-changed');
    return { session, endedSessionIds: ended.map(({ id }) => id) };
  }
}
