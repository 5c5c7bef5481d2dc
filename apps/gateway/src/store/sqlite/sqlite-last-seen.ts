import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { inBatches, sqliteHandle, WriteQueue, yieldToEventLoop } from '@app/platform';
import type { DataSource } from 'typeorm';
import { LastSeenStore } from '../last-seen-store.js';

/** How many users one transaction writes. */
const USERS_PER_COMMIT = 500;

/** When users were last connected, in gateway.db. */
@Injectable()
export class SqliteLastSeen extends LastSeenStore {
  constructor(
    private readonly queue: WriteQueue,
    @Inject(getDataSourceToken()) private readonly source: DataSource,
  ) {
    super();
  }

  override async read(userIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const seen = new Map<string, number>();
    const read = sqliteHandle(this.source).prepare('SELECT at FROM seen WHERE user_id = ?').pluck();
    await inBatches(userIds, (userId) => {
      const at = read.get(userId) as number | undefined;
      if (at !== undefined) seen.set(userId, at);
    });
    return seen;
  }

  override async write(seen: readonly (readonly [userId: string, at: number])[]): Promise<void> {
    for (let i = 0; i < seen.length; i += USERS_PER_COMMIT) {
      await this.queue.transaction((db) => {
        const write = db.prepare(
          `INSERT INTO seen (user_id, at) VALUES (?, ?)
            ON CONFLICT (user_id) DO UPDATE SET at = max(at, excluded.at)`,
        );
        for (const [userId, at] of seen.slice(i, i + USERS_PER_COMMIT)) write.run(userId, at);
      });
      await yieldToEventLoop();
    }
  }
}
