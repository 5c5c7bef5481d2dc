import type { EntityManager } from 'typeorm';
import type { UnscrubbedRepository } from '../auth-store.js';

/** The table of deleted accounts that may still have bytes in the file. */
export class SqliteUnscrubbedRepository implements UnscrubbedRepository {
  constructor(private readonly manager: EntityManager) {}

  async list(): Promise<string[]> {
    const rows = await this.manager.query<{ user_id: string }[]>('SELECT user_id FROM unscrubbed_accounts');
    return rows.map(({ user_id }) => user_id);
  }

  async count(): Promise<number> {
    const [row] = await this.manager.query<{ n: number }[]>('SELECT count(*) AS n FROM unscrubbed_accounts');
    return row?.n ?? 0;
  }

  async add(userId: string): Promise<void> {
    await this.manager.query('INSERT INTO unscrubbed_accounts (user_id) VALUES (?)', [userId]);
  }

  async delete(userIds: readonly string[]): Promise<void> {
    for (const userId of userIds)
      await this.manager.query('DELETE FROM unscrubbed_accounts WHERE user_id = ?', [userId]);
  }
}
