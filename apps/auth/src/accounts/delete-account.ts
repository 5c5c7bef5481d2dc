import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Request } from '@app/contracts/bus';
import { ErasureLedger, LOGGER, Outbox, ApiError, unavailable } from '@app/platform';
import type { Logger } from 'pino';
import { ActivityLog } from '../activity/activity-log.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { Sessions, type EndedSession } from '../sessions/sessions.js';
import { AuthStore, type AuthTransaction, type StoredUser } from '../store/auth-store.js';
import { Accounts, noSuchUser } from './accounts.js';
import { FailedLogIns } from './failed-log-ins.js';

/** How long to wait after a failed scrub before the next one, in milliseconds. */
const SCRUB_RETRY_MS = 1_000;

/**
 * Deletes accounts. One transaction deletes all that is stored of an account and adds the event for chat and gateway;
 * then the store is scrubbed, and only then does the call answer. After a crash in between, the next start scrubs.
 */
@Injectable()
export class AccountDeletion implements OnModuleInit, OnModuleDestroy {
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly store: AuthStore,
    private readonly accounts: Accounts,
    private readonly hasher: PasswordHasher,
    private readonly sessions: Sessions,
    private readonly activity: ActivityLog,
    private readonly failures: FailedLogIns,
    private readonly ledger: ErasureLedger,
    private readonly outbox: Outbox,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Finishes what a crash interrupted, before any call is answered; a failing disk is tried again later. */
  async onModuleInit(): Promise<void> {
    await this.scrub().catch(() => undefined);
  }

  /** Stops trying. */
  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.retry);
  }

  /**
   * Deletes an account for its owner.
   * @returns the ids of the sessions that ended with it
   * @throws {ApiError} INVALID_CREDENTIALS, UNAUTHENTICATED; SERVICE_UNAVAILABLE while the store cannot be scrubbed:
   * the account is deleted then, and scrubbing goes on
   */
  async delete({ userId, password }: Request<'auth.account.delete'>): Promise<string[]> {
    const user = await this.store.users.findById(userId);
    // Also when the answer to an earlier call was lost: the account and the session are deleted.
    if (!user) throw new ApiError('UNAUTHENTICATED');
    if (!(await this.hasher.matches(user.username, password, user.passwordHash))) {
      this.failures.record(user.id, null, null);
      throw new ApiError('INVALID_CREDENTIALS');
    }
    const requireUnchanged = (now: StoredUser | undefined): void => {
      if (!now) throw new ApiError('UNAUTHENTICATED');
      if (now.passwordHash !== user.passwordHash) throw new ApiError('INVALID_CREDENTIALS');
    };
    return this.erase(userId, requireUnchanged, {});
  }

  /**
   * Deletes an account for the operator.
   * @returns the ids of the sessions that ended with it
   * @throws {ApiError} NOT_FOUND, SERVICE_UNAVAILABLE as `delete`
   */
  async deleteByName(username: string): Promise<string[]> {
    const { id } = await this.accounts.named(username);
    const requirePresent = (now: StoredUser | undefined): void => {
      if (!now) throw noSuchUser();
    };
    return this.erase(id, requirePresent, { by: 'the operator' });
  }

  private async erase(
    userId: string,
    check: (now: StoredUser | undefined) => void,
    logged: { by?: 'the operator' },
  ): Promise<string[]> {
    const ended = await this.store.transaction(async (transaction) => {
      check(await transaction.users.findById(userId));
      return this.deleteRows(transaction, userId);
    });
    this.activity.log('account-deleted', { userId, ...logged });
    this.sessions.publishEnded(ended, 'account-deleted');
    this.outbox.deliver();
    await this.scrub();
    return ended.map(({ id }) => id);
  }

  private async deleteRows(transaction: AuthTransaction, userId: string): Promise<EndedSession[]> {
    const ended = await this.sessions.endAll(transaction, userId);
    await transaction.activity.deleteByUser(userId);
    await transaction.resetLinks.delete(userId);
    await transaction.users.delete(userId);
    await transaction.unscrubbed.add(userId);
    await transaction.addEvent('event.user.deleted', { userId, at: new Date().toISOString() });
    return ended;
  }

  private async scrub(): Promise<void> {
    try {
      const userIds = await this.store.unscrubbed.list();
      if (userIds.length === 0) return;
      await this.store.scrub();
      await this.ledger.record('user', userIds);
      await this.store.transaction((transaction) => transaction.unscrubbed.delete(userIds));
    } catch (error) {
      this.logger.error({ err: error }, 'cannot scrub the store yet');
      clearTimeout(this.retry);
      if (!this.stopped)
        this.retry = setTimeout(() => void this.scrub().catch(() => undefined), SCRUB_RETRY_MS).unref();
      throw unavailable('The account is deleted; its last bytes are still being erased');
    }
  }
}
