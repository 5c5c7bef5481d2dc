import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { LruMap, sqliteHandle, WriteQueue } from '@app/platform';
import type { DataSource } from 'typeorm';
import { FanOut } from './fan-out.js';

const MAX_USERS = 10_000;

/** When a user was last connected. */
@Injectable()
export class LastSeen {
  private readonly known = new LruMap<string, { at: number | null }>(MAX_USERS);

  constructor(
    private readonly fanOut: FanOut,
    private readonly queue: WriteQueue,
    @Inject(getDataSourceToken()) private readonly source: DataSource,
  ) {}

  /** Whether a user is connected, and when they last were. */
  of(userId: string): { online: boolean; lastSeenAt: string | null } {
    const online = this.fanOut.isOnline(userId);
    const at = online ? Date.now() : this.at(userId);
    return { online, lastSeenAt: at === null ? null : new Date(at).toISOString() };
  }

  private at(userId: string): number | null {
    let entry = this.known.get(userId);
    if (!entry) {
      const row = sqliteHandle(this.source).prepare('SELECT at FROM seen WHERE user_id = ?').get(userId) as
        { at: number } | undefined;
      this.known.set(userId, (entry = { at: row?.at ?? null }));
    }
    return entry.at;
  }

  /** Notes that users have just gone. */
  async note(userIds: readonly string[]): Promise<void> {
    const at = Date.now();
    for (const userId of userIds) this.known.set(userId, { at });
    await this.queue.transaction((db) => {
      const write = db.prepare('INSERT OR REPLACE INTO seen (user_id, at) VALUES (?, ?)');
      for (const userId of userIds) write.run(userId, at);
    });
  }

  /** Forgets a deleted user. */
  forget(userId: string): void {
    this.known.delete(userId);
  }
}
