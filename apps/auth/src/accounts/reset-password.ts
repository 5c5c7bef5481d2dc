import { Injectable } from '@nestjs/common';
import type { Reply, Request } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import { ApiError } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { requireGoodPassword } from '../passwords/password-rules.js';
import { Sessions } from '../sessions/sessions.js';
import { AuthStore } from '../store/auth-store.js';
import { Accounts, asUser, noSuchUser } from './accounts.js';

/** Resets passwords by one-time links, which the operator creates. */
@Injectable()
export class PasswordReset {
  constructor(
    private readonly store: AuthStore,
    private readonly accounts: Accounts,
    private readonly hasher: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Stores the digest of a one-time token with which a new password can be set; it replaces an earlier one.
   * @throws {ApiError} NOT_FOUND
   */
  async createLink({ username, digest }: Request<'operator.reset'>): Promise<Reply<'operator.reset'>> {
    const user = await this.accounts.named(username);
    const expiresAt = Date.now() + LIMITS.resetLinkMs;
    await this.activity.transaction(async (transaction, record) => {
      // The account may have been deleted meanwhile.
      if (!(await transaction.users.findById(user.id))) throw noSuchUser();
      await transaction.resetLinks.replace(user.id, digest, expiresAt);
      await record({ userId: user.id, type: 'reset-link-made', sessionId: null, by: 'the operator' });
    });
    return { username: user.username, expiresAt: new Date(expiresAt).toISOString() };
  }

  /**
   * Sets a new password for the holder of a token: it works once, and every session of the account ends.
   * @throws {ApiError} NOT_FOUND, VALIDATION_FAILED on newPassword; the token can be used again after that
   */
  async reset({
    digest,
    newPassword,
  }: Request<'auth.password.reset'>): Promise<Reply<'auth.password.reset'>> {
    const userId = await this.store.resetLinks.findOwner(digest);
    const user = userId === undefined ? undefined : await this.store.users.findById(userId);
    // Before anything is hashed: a caller without a token costs nothing.
    if (!user) throw noSuchLink();
    requireGoodPassword('newPassword', newPassword, user.username);
    const passwordHash = await this.hasher.hash(user.username, newPassword);
    const { id } = user;
    const ended = await this.activity.transaction(async (transaction, record) => {
      // The link may have been used, replaced or have expired while the password was hashed.
      if ((await transaction.resetLinks.findOwner(digest)) !== id) throw noSuchLink();
      await transaction.resetLinks.delete(id);
      await transaction.users.setPassword(id, passwordHash);
      const sessions = await this.sessions.endAll(transaction, id);
      await record({ userId: id, type: 'password-changed', sessionId: null, by: 'a reset link' });
      return sessions;
    });
    this.sessions.publishEnded(ended, 'password-changed');
    return { user: asUser(user), endedSessionIds: ended.map((session) => session.id) };
  }
}

function noSuchLink(): ApiError {
  return new ApiError('NOT_FOUND', 'This link was already used, has expired or was replaced by a newer one');
}
