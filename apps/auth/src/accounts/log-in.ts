import { Injectable } from '@nestjs/common';
import type { Reply, Request } from '@app/contracts/bus';
import { ApiError } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Sessions } from '../sessions/sessions.js';
import { AuthStore, NOBODY } from '../store/auth-store.js';
import { asUser } from './accounts.js';
import { FailedLogIns } from './failed-log-ins.js';

/** Logs users in. */
@Injectable()
export class LogIn {
  constructor(
    private readonly store: AuthStore,
    private readonly hasher: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
    private readonly failures: FailedLogIns,
  ) {}

  /**
   * Checks a name and password and creates a session.
   * @throws {ApiError} INVALID_CREDENTIALS, the same and as slow for an unknown name
   */
  async logIn(request: Request<'auth.login'>): Promise<Reply<'auth.login'>> {
    const { username, password, userAgent } = request;
    const user = await this.store.users.findByName(username);
    if (!(await this.hasher.matches(username, password, user?.passwordHash)) || !user) {
      this.failures.record(user?.id ?? NOBODY, null, userAgent);
      throw new ApiError('INVALID_CREDENTIALS');
    }
    const { id: userId, passwordHash } = user;
    const newHash = this.hasher.isOutdated(passwordHash)
      ? await this.hasher.hash(username, password)
      : undefined;
    const created = await this.activity.transaction(async (transaction, record) => {
      // The account may have been deleted, or given another hash, while this one was checked.
      if ((await transaction.users.findById(userId))?.passwordHash !== passwordHash) return undefined;
      if (newHash !== undefined) await transaction.users.setPassword(userId, newHash);
      const { session, ended } = await this.sessions.create(transaction, userId, userAgent);
      await record({ userId, type: 'logged-in', sessionId: session.id, detail: userAgent });
      return { session, ended };
    });
    // Another log-in may have renewed the hash of the same password: check against the hash that is stored now.
    if (!created) return this.logIn(request);
    this.sessions.publishEnded(created.ended, 'revoked');
    return { user: asUser(user), session: created.session };
  }
}
