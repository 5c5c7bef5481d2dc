import { Injectable } from '@nestjs/common';
import { LIMITS, type ActivityType } from '@app/contracts/edge';
import type { Reply } from '@app/contracts/bus';
import { DataSource, type EntityManager } from 'typeorm';

interface ActivityRow {
  readonly at: number;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  readonly detail: string | null;
}

/** What each user did, as they may read it: the last 200 events, never a secret. */
@Injectable()
export class ActivityLog {
  constructor(private readonly source: DataSource) {}

  /** Notes an event in the transaction that causes it, and lets the oldest ones go. */
  async note(
    manager: EntityManager,
    userId: string,
    type: ActivityType,
    sessionId: string | null,
    detail: string | null = null,
  ): Promise<void> {
    await manager.query(
      'INSERT INTO activity (user_id, at, type, session_id, detail) VALUES (?, ?, ?, ?, ?)',
      [userId, Date.now(), type, sessionId, detail],
    );
    await manager.query(
      'DELETE FROM activity WHERE user_id = ? AND id <= (SELECT id FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
      [userId, userId, LIMITS.activityEvents],
    );
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
