import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, type ActivityType } from '@app/contracts/edge';
import type { Reply } from '@app/contracts/bus';
import { LOGGER, WriteQueue } from '@app/platform';
import type { Logger } from 'pino';
import { DataSource, type EntityManager } from 'typeorm';

/** Something a user did, or that was tried on their account. */
export interface Deed {
  readonly userId: string;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  /** What helps them to recognise it, such as the browser; never a secret. */
  readonly detail?: string | null;
  /** Who or what did it, where it was not the owner in a session of theirs. */
  readonly by?: 'the operator' | 'a reset link';
}

interface ActivityRow {
  readonly at: number;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  readonly detail: string | null;
}

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
        await insert(manager, deed);
        noted.push(deed);
      }),
    );
    for (const { type, userId, sessionId, by } of noted)
      this.tell(type, { userId, sessionId, ...(by !== undefined && { by }) });
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
      'SELECT at, type, session_id AS sessionId, detail FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT ?',
      [userId, LIMITS.activityEvents],
    );
    return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
  }
}

/** Adds an event and lets the oldest ones go. */
async function insert(
  manager: EntityManager,
  { userId, type, sessionId, by, detail = by === undefined ? null : `by ${by}` }: Deed,
): Promise<void> {
  await manager.query('INSERT INTO activity (user_id, at, type, session_id, detail) VALUES (?, ?, ?, ?, ?)', [
    userId,
    Date.now(),
    type,
    sessionId,
    detail,
  ]);
  await manager.query(
    'DELETE FROM activity WHERE user_id = ? AND id <= (SELECT id FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
    [userId, userId, LIMITS.activityEvents],
  );
}
