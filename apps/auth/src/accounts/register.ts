import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Reply, Request } from '@app/contracts/bus';
import { ApiError } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { requireGoodPassword } from '../passwords/password-rules.js';
import { Sessions } from '../sessions/sessions.js';
import { AuthStore } from '../store/auth-store.js';
import { asUser } from './accounts.js';

/** Registers users. */
@Injectable()
export class Registration {
  constructor(
    private readonly store: AuthStore,
    private readonly hasher: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Creates an account and its first session.
   * @throws {ApiError} VALIDATION_FAILED on password, USERNAME_TAKEN
   */
  async register({
    username,
    password,
    userAgent,
  }: Request<'auth.register'>): Promise<Reply<'auth.register'>> {
    requireGoodPassword('password', password, username);
    if (await this.store.users.findByName(username)) throw new ApiError('USERNAME_TAKEN');
    const passwordHash = await this.hasher.hash(username, password);
    const user = { id: randomUUID(), username, passwordHash, createdAt: Date.now() };
    const { session } = await this.activity.transaction(async (transaction, record) => {
      // Somebody may have taken the name while the password was hashed.
      if (!(await transaction.users.insert(user))) throw new ApiError('USERNAME_TAKEN');
      const created = await this.sessions.create(transaction, user.id, userAgent);
      await record({
        userId: user.id,
        type: 'registered',
        sessionId: created.session.id,
        detail: userAgent,
      });
      return created;
    });
    return { user: asUser(user), session };
  }
}
