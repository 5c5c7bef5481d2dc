import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, type ActivityType } from '@app/contracts/edge';
import type { Reply } from '@app/contracts/bus';
import { LOGGER, WriteQueue } from '@app/platform';
import type { Logger } from 'pino';
import { DataSource, type EntityManager } from 'typeorm';
import { insertActivity, NOBODY, shownDetail, type ActivityRow, type Deed } from './activity-rows.js';

/** What each user did, as they may read it: the last 200 events, never a secret. The operator reads ids in the log. */
@Injectable()
export class ActivityLog {
  constructor(
    private readonly source: DataSource,
    private readonly queue: WriteQueue,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Runs work in one transaction together with the notes of what it does; they are logged when it is committed.
   * @param work must await nothing but the given manager and `note`
   */
  async recording<T>(
    work: (manager: EntityManager, note: (deed: Deed) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const noted: Deed[] = [];
    const result = await this.queue.save((manager) =>
      work(manager, async (deed) => {
        await insertActivity(manager, deed);
        noted.push(deed);
      }),
    );
    for (const { type, userId, sessionId, by } of noted)
      this.tell(type, {
        ...(userId !== NOBODY && { userId, sessionId }),
        ...(by !== undefined && { by }),
      });
    return result;
  }

  /** Logs a security event by ids only; for those that stand in nobody's activity. */
  tell(
    event: ActivityType | 'account-deleted',
    ids: { userId?: string; sessionId?: string | null; by?: NonNullable<Deed['by']> },
  ): void {
    this.logger.info({ event, ...ids }, 'security event');
  }

  /** A user's events, newest first. */
  async list(userId: string): Promise<Reply<'auth.activity.list'>['events']> {
    const rows = await this.source.query<ActivityRow[]>(
      'SELECT at, type, session_id AS sessionId, detail, actor, count FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT ?',
      [userId, LIMITS.activityEvents],
    );
    return rows.map((row) => ({
      at: new Date(row.at).toISOString(),
      type: row.type,
      sessionId: row.sessionId,
      detail: shownDetail(row),
    }));
  }
}
