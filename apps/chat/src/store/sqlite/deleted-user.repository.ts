import type { SqliteHandle } from '@app/platform';
import type { DeletedUserRepository } from '../chat-store.js';
import type { RunQuery } from './query.js';

/** How long a deleted user is kept, in milliseconds: long after their sessions have ended everywhere. */
const KEPT_MS = 24 * 3_600_000;

/** How many older ones are deleted in one transaction. */
const MAX_DELETED = 500;

/** The table of users who deleted their account. */
export class SqliteDeletedUserRepository implements DeletedUserRepository {
  private readonly statements;

  constructor(
    handle: SqliteHandle,
    private readonly query: RunQuery,
  ) {
    this.statements = {
      add: handle.prepare<[string, number]>(
        'INSERT OR REPLACE INTO deleted_users (user_id, at) VALUES (?, ?)',
      ),
      has: handle.prepare<[string], { found: 1 }>('SELECT 1 AS found FROM deleted_users WHERE user_id = ?'),
      deleteOld: handle.prepare<[number, number]>(
        'DELETE FROM deleted_users WHERE user_id IN (SELECT user_id FROM deleted_users WHERE at < ? LIMIT ?)',
      ),
    };
  }

  has(userId: string): Promise<boolean> {
    return this.query(() => this.statements.has.get(userId) !== undefined);
  }

  add(userId: string): Promise<void> {
    return this.query(() => {
      const now = Date.now();
      this.statements.add.run(userId, now);
      this.statements.deleteOld.run(now - KEPT_MS, MAX_DELETED);
    });
  }
}
