import { Inject, Injectable } from '@nestjs/common';
import type { ActivityType } from '@app/contracts/edge';
import type { Reply } from '@app/contracts/bus';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import {
  AuthStore,
  NOBODY,
  type ActivityEvent,
  type AuthTransaction,
  type StoredActivity,
} from '../store/auth-store.js';

/** Stores what each user did, for them to read, and logs it by ids alone, for the operator. */
@Injectable()
export class ActivityLog {
  constructor(
    private readonly store: AuthStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Runs work in one transaction; the events that it records are stored with it, and logged after the commit.
   * @param work must await nothing but the transaction and `record`
   */
  async transaction<T>(
    work: (transaction: AuthTransaction, record: (event: ActivityEvent) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    let recorded: ActivityEvent[] = [];
    const result = await this.store.transaction((transaction) => {
      recorded = [];
      return work(transaction, async (event) => {
        await transaction.activity.add(event);
        recorded.push(event);
      });
    });
    for (const { type, userId, sessionId, by } of recorded)
      this.log(type, {
        ...(userId !== NOBODY && { userId, sessionId }),
        ...(by !== undefined && { by }),
      });
    return result;
  }

  /** Logs a security event by ids alone. */
  log(
    event: ActivityType | 'account-deleted',
    ids: { userId?: string; sessionId?: string | null; by?: NonNullable<ActivityEvent['by']> },
  ): void {
    this.logger.info({ event, ...ids }, 'security event');
  }

  /** Lists a user's events, newest first. */
  async list(userId: string): Promise<Reply<'auth.activity.list'>['events']> {
    const rows = await this.store.activity.list(userId);
    return rows.map((row) => ({
      at: new Date(row.at).toISOString(),
      type: row.type,
      sessionId: row.sessionId,
      detail: shownDetail(row),
    }));
  }
}

/** What people read beside an event: who acted, or how a browser names itself, and how often. */
function shownDetail({ actor, detail, count }: StoredActivity): string | null {
  const words = actor === null ? quoted(detail) : `by ${actor}`;
  if (count === 1) return words;
  return words === null ? `${count} times` : `${words} (${count} times)`;
}

/** A browser's name for itself, in quotation marks where it could be taken for the name of who acted. */
function quoted(detail: string | null): string | null {
  return detail !== null && /^\W*by\b/i.test(detail) ? `“${detail}”` : detail;
}
