import type { EntityManager } from 'typeorm';
import type { ResetLinkRepository } from '../auth-store.js';

/** The table of one-time links for a new password. */
export class SqliteResetLinkRepository implements ResetLinkRepository {
  constructor(private readonly manager: EntityManager) {}

  async findOwner(digest: string): Promise<string | undefined> {
    const rows = await this.manager.query<{ user_id: string }[]>(
      'SELECT user_id FROM reset_links WHERE digest = ? AND expires_at > ?',
      [digest, Date.now()],
    );
    return rows[0]?.user_id;
  }

  async replace(userId: string, digest: string, expiresAt: number): Promise<void> {
    await this.manager.query('DELETE FROM reset_links WHERE user_id = ? OR expires_at <= ?', [
      userId,
      Date.now(),
    ]);
    await this.manager.query('INSERT INTO reset_links (user_id, digest, expires_at) VALUES (?, ?, ?)', [
      userId,
      digest,
      expiresAt,
    ]);
  }

  async delete(userId: string): Promise<void> {
    await this.manager.query('DELETE FROM reset_links WHERE user_id = ?', [userId]);
  }
}
