import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { LruMap, sqliteHandle, WriteQueue, yieldToEventLoop } from '@app/platform';
import type { DataSource } from 'typeorm';
import { FanOut } from '../../edge/sockets/user-sockets.js';

const MAX_USERS = 10_000;

/** How many users one transaction writes. */
const WRITTEN_AT_ONCE = 500;

/** When a user was last connected. */
@Injectable()
export class LastSeen {
  private readonly known = new LruMap<string, { at: number | null }>(MAX_USERS);
  private readonly unwritten = new Map<string, number>();

  constructor(
    private readonly fanOut: FanOut,
    private readonly queue: WriteQueue,
    @Inject(getDataSourceToken()) private readonly source: DataSource,
  ) {}

  /** Whether a user is connected, and when they last were. */
  of(userId: string): { online: boolean; lastSeenAt: string | null } {
    const online = this.fanOut.isOnline(userId);
    const at = online ? Date.now() : (this.fanOut.changed.get(userId) ?? this.at(userId));
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

  /**
   * Takes note of when a user was connected; `write` keeps it.
   * @param at milliseconds since 1970
   */
  saw(userId: string, at: number): void {
    this.known.set(userId, { at });
    this.unwritten.set(userId, at);
  }

  /** Writes what was taken note of; what is written never goes back. */
  async write(): Promise<void> {
    const seen = [...this.unwritten];
    for (let i = 0; i < seen.length; i += WRITTEN_AT_ONCE) {
      const batch = seen.slice(i, i + WRITTEN_AT_ONCE);
      await this.queue.transaction((db) => {
        const write = db.prepare(
          `INSERT INTO seen (user_id, at) VALUES (?, ?)
            ON CONFLICT (user_id) DO UPDATE SET at = max(at, excluded.at)`,
        );
        for (const [userId, at] of batch) write.run(userId, at);
      });
      for (const [userId, at] of batch) if (this.unwritten.get(userId) === at) this.unwritten.delete(userId);
      await yieldToEventLoop();
    }
  }

  /** Writes that all who are connected were seen now, so that the end of this process does not lose it. */
  async writeConnected(): Promise<void> {
    const now = Date.now();
    for (const [userId, at] of this.fanOut.changed) this.saw(userId, at);
    for (const userId of this.fanOut.userIds()) this.saw(userId, now);
    await this.write();
  }

  /** Forgets a deleted user. */
  forget(userId: string): void {
    this.known.delete(userId);
    this.unwritten.delete(userId);
  }
}
