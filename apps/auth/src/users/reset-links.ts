import { Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { DataSource, type EntityManager } from 'typeorm';

/** The one-time links for a new password: only the digests of their tokens are stored, one per account. */
@Injectable()
export class ResetLinks {
  constructor(private readonly source: DataSource) {}

  /**
   * Keeps a token's digest in the transaction that calls for it. A link that was made before is worth nothing then.
   * @returns when it expires, in milliseconds since 1970
   */
  async keep(manager: EntityManager, userId: string, digest: string): Promise<number> {
    const now = Date.now();
    const expiresAt = now + LIMITS.resetLinkMs;
    await manager.query('DELETE FROM reset_links WHERE user_id = ? OR expires_at <= ?', [userId, now]);
    await manager.query('INSERT INTO reset_links (user_id, digest, expires_at) VALUES (?, ?, ?)', [
      userId,
      digest,
      expiresAt,
    ]);
    return expiresAt;
  }

  /**
   * Says whose password a token may set.
   * @returns the user's id, or undefined for a token that was used, replaced, has expired or was never made
   */
  async ownerOf(
    digest: string,
    source: DataSource | EntityManager = this.source,
  ): Promise<string | undefined> {
    const rows = await source.query<{ user_id: string }[]>(
      'SELECT user_id FROM reset_links WHERE digest = ? AND expires_at > ?',
      [digest, Date.now()],
    );
    return rows[0]?.user_id;
  }

  /** Makes an account's link worthless, in the transaction that calls for it. */
  async drop(manager: EntityManager, userId: string): Promise<void> {
    await manager.query('DELETE FROM reset_links WHERE user_id = ?', [userId]);
  }
}
