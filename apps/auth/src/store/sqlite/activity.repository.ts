import { LIMITS } from '@app/contracts/edge';
import type { EntityManager } from 'typeorm';
import { NOBODY, type ActivityEvent, type ActivityRepository, type StoredActivity } from '../auth-store.js';

/** How many different failed log-ins an account keeps: strangers can cause them. */
const MAX_FAILED = 50;

/** The table of what users did. */
export class SqliteActivityRepository implements ActivityRepository {
  constructor(private readonly manager: EntityManager) {}

  list(userId: string): Promise<StoredActivity[]> {
    return this.manager.query<StoredActivity[]>(
      'SELECT at, type, session_id AS sessionId, detail, actor, count FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT ?',
      [userId, LIMITS.activityEvents],
    );
  }

  /**
   * Strangers evict nothing but their own events: failed log-ins have a quota, those that are alike are one event with
   * a count, and above the total the most frequent type loses its oldest event.
   */
  async add({ userId, type, sessionId, detail = null, by }: ActivityEvent): Promise<void> {
    const alike = await this.manager.query<{ count: number }[]>(
      `DELETE FROM activity WHERE user_id = ? AND type = 'login-failed' AND type = ?
        AND session_id IS ? AND detail IS ? RETURNING count`,
      [userId, type, sessionId, detail],
    );
    const count = alike.reduce((sum, row) => sum + row.count, 1);
    await this.manager.query(
      `INSERT INTO activity (user_id, at, type, session_id, detail, actor, count) SELECT ?, ?, ?, ?, ?, ?, ?
        WHERE ? = '${NOBODY}' OR EXISTS (SELECT 1 FROM users WHERE id = ?)`,
      [userId, Date.now(), type, sessionId, detail, by ?? null, count, userId, userId],
    );
    await this.evict(userId);
  }

  async deleteByUser(userId: string): Promise<void> {
    await this.manager.query('DELETE FROM activity WHERE user_id = ?', [userId]);
  }

  private async evict(userId: string): Promise<void> {
    const counts = await this.manager.query<{ type: string; n: number }[]>(
      'SELECT type, count(*) AS n FROM activity WHERE user_id = ? GROUP BY type ORDER BY n DESC',
      [userId],
    );
    const failed = counts.find(({ type }) => type === 'login-failed')?.n ?? 0;
    const total = counts.reduce((sum, { n }) => sum + n, 0);
    const excessFailed = Math.max(0, failed - MAX_FAILED);
    await this.deleteOldest(userId, 'login-failed', excessFailed);
    await this.deleteOldest(
      userId,
      counts[0]?.type ?? '',
      Math.max(0, total - excessFailed - LIMITS.activityEvents),
    );
  }

  private async deleteOldest(userId: string, type: string, n: number): Promise<void> {
    await this.manager.query(
      'DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE user_id = ? AND type = ? ORDER BY id LIMIT ?)',
      [userId, type, n],
    );
  }
}
