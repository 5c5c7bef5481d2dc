import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ErasureLedger, LOGGER, Outbox, Refusal, Scrubber, unavailable, WriteQueue } from '@app/platform';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { UserEntity } from './user.entity.js';

/** How long after a scrub that failed the next one is tried, in milliseconds. */
const SCRUB_RETRY_MS = 1_000;

/**
 * Deletes accounts. One transaction removes all that is stored of one and has chat and gateway told; then the file is
 * scrubbed, and only then is anything answered. Whatever dies in between, the next start scrubs.
 */
@Injectable()
export class AccountErasure implements OnModuleInit, OnModuleDestroy {
  private retry: NodeJS.Timeout | undefined;
  private ending = false;

  constructor(
    private readonly source: DataSource,
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
    private readonly ledger: ErasureLedger,
    private readonly outbox: Outbox,
    private readonly sessions: SessionsService,
    private readonly activity: ActivityLog,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Finishes what was interrupted, before anything is answered; a disk that cannot now is tried again later. */
  async onModuleInit(): Promise<void> {
    await this.scrub().catch(() => undefined);
  }

  /** Tries nothing any more. */
  onModuleDestroy(): void {
    this.ending = true;
    clearTimeout(this.retry);
  }

  /**
   * Deletes an account.
   * @param account its id, and the hash by which its password was checked, if it was
   * @param by who deletes it, for the log, where it is not the owner
   * @returns the ids of the sessions that ended with it
   * @throws {Refusal} UNAUTHENTICATED, or NOT_FOUND for another than the owner, when it is gone by now, INVALID_CREDENTIALS when it has another password by now,
   * SERVICE_UNAVAILABLE while the file cannot be scrubbed: the account is deleted then, and scrubbing goes on
   */
  async delete(
    { id, passwordHash }: { readonly id: string; readonly passwordHash?: string },
    by?: 'the operator',
  ): Promise<string[]> {
    const ended = await this.queue.save(async (manager) => {
      const now = await manager.findOneBy(UserEntity, { id });
      if (!now)
        throw by === undefined ? new Refusal('UNAUTHENTICATED') : new Refusal('NOT_FOUND', 'User not found');
      if (passwordHash !== undefined && now.passwordHash !== passwordHash)
        throw new Refusal('INVALID_CREDENTIALS');
      const gone = await this.sessions.endAll(manager, id, 'account-deleted');
      await manager.query('DELETE FROM activity WHERE user_id = ?', [id]);
      await manager.query('DELETE FROM reset_links WHERE user_id = ?', [id]);
      await manager.delete(UserEntity, { id });
      await manager.query('INSERT INTO unscrubbed_accounts (user_id) VALUES (?)', [id]);
      this.outbox.add('event.user.deleted', { userId: id, at: new Date().toISOString() });
      return gone;
    });
    this.activity.tell('account-deleted', { userId: id, ...(by !== undefined && { by }) });
    ended.tell();
    this.outbox.deliver();
    await this.scrub();
    return ended.ids;
  }

  /** How many deleted accounts bytes of may still be in the file. */
  async pending(): Promise<number> {
    const [row] = await this.source.query<{ n: number }[]>('SELECT count(*) AS n FROM unscrubbed_accounts');
    return row?.n ?? 0;
  }

  private async scrub(): Promise<void> {
    try {
      const rows = await this.source.query<{ user_id: string }[]>('SELECT user_id FROM unscrubbed_accounts');
      if (rows.length === 0) return;
      await this.scrubber.scrub();
      await this.ledger.note(
        'user',
        rows.map(({ user_id }) => user_id),
      );
      await this.queue.save(async (manager) => {
        for (const { user_id } of rows)
          await manager.query('DELETE FROM unscrubbed_accounts WHERE user_id = ?', [user_id]);
      });
    } catch (error) {
      this.logger.error({ err: error }, 'the file could not be scrubbed yet');
      clearTimeout(this.retry);
      if (!this.ending)
        this.retry = setTimeout(() => void this.scrub().catch(() => undefined), SCRUB_RETRY_MS).unref();
      throw unavailable('The account is deleted; its last bytes are still being erased');
    }
  }
}
