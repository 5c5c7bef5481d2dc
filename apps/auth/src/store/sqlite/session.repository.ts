import { In, LessThan, type EntityManager } from 'typeorm';
import type { SessionRepository, StoredSession } from '../auth-store.js';
import { SessionEntity } from './session.entity.js';

/** The table of sessions. */
export class SqliteSessionRepository implements SessionRepository {
  constructor(private readonly manager: EntityManager) {}

  async findByDigest(digest: string): Promise<StoredSession | undefined> {
    return (await this.manager.findOneBy(SessionEntity, { digest })) ?? undefined;
  }

  findByIds(ids: readonly string[]): Promise<StoredSession[]> {
    return this.manager.findBy(SessionEntity, { id: In([...ids]) });
  }

  listByUser(userId: string): Promise<StoredSession[]> {
    return this.manager.find(SessionEntity, {
      where: { userId },
      order: { lastSeenAt: 'DESC', createdAt: 'DESC' },
    });
  }

  listOlder(lastSeenBefore: number, createdBefore: number, limit: number): Promise<StoredSession[]> {
    return this.manager.find(SessionEntity, {
      where: [{ lastSeenAt: LessThan(lastSeenBefore) }, { createdAt: LessThan(createdBefore) }],
      take: limit,
    });
  }

  async insert(session: StoredSession): Promise<void> {
    await this.manager.insert(SessionEntity, session);
  }

  async listExcess(userId: string, newest: number): Promise<string[]> {
    // By row and not by time: a clock that was set back must not end the session that was just created.
    const rows = await this.manager.query<{ id: string }[]>(
      'SELECT id FROM sessions WHERE user_id = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?',
      [userId, newest],
    );
    return rows.map(({ id }) => id);
  }

  async replaceDigest(id: string, oldDigest: string, newDigest: string): Promise<boolean> {
    const { affected } = await this.manager.update(
      SessionEntity,
      { id, digest: oldDigest },
      { digest: newDigest },
    );
    return affected !== 0;
  }

  async setLastSeen(ids: readonly string[], at: number): Promise<void> {
    await this.manager.update(
      SessionEntity,
      { id: In([...ids]), lastSeenAt: LessThan(at) },
      { lastSeenAt: at },
    );
  }

  async delete(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.manager.delete(SessionEntity, { id });
  }
}
