import { LIMITS, type Activity, type ActivityType } from '@app/contracts/edge';
import type { SqliteHandle } from '@app/platform';
import type { ActivityEvent, ActivityRepository } from '../chat-store.js';
import type { RunQuery } from './query.js';

interface ActivityRow {
  readonly at: number;
  readonly type: ActivityType;
  readonly session_id: string | null;
  readonly detail: string | null;
}

/** The table of what users did. */
export class SqliteActivityRepository implements ActivityRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      add: handle.prepare<[string, number, string, string | null, string]>(
        'INSERT INTO activity (user_id, at, type, session_id, detail) VALUES (?, ?, ?, ?, ?)',
      ),
      deleteExcess: handle.prepare<[string, string, number]>(
        `DELETE FROM activity WHERE user_id = ? AND id <=
          (SELECT id FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      ),
      list: handle.prepare<[string, number], ActivityRow>(
        'SELECT at, type, session_id, detail FROM activity WHERE user_id = ? ORDER BY id DESC LIMIT ?',
      ),
      deleteByUser: handle.prepare<[string]>('DELETE FROM activity WHERE user_id = ?'),
    };
  }

  list(userId: string): Promise<Activity[]> {
    return this.query(() =>
      this.statements.list.all(userId, LIMITS.activityEvents).map((row) => ({
        at: new Date(row.at).toISOString(),
        type: row.type,
        sessionId: row.session_id,
        detail: row.detail,
      })),
    );
  }

  add({ userId, at, type, sessionId, chatId }: ActivityEvent): Promise<void> {
    return this.query(() => {
      this.statements.add.run(userId, at, type, sessionId, chatId);
      this.statements.deleteExcess.run(userId, userId, LIMITS.activityEvents);
    });
  }

  deleteByUser(userId: string): Promise<void> {
    return this.query(() => void this.statements.deleteByUser.run(userId));
  }
}
