import { Injectable } from '@nestjs/common';
import { LruMap } from '@app/platform';
import { LastSeenStore } from '../../store/last-seen-store.js';
import { Connections } from './connections.js';

const MAX_USERS = 10_000;

/** When users were last connected. */
@Injectable()
export class LastSeen {
  private readonly cached = new LruMap<string, { at: number | null }>(MAX_USERS);
  private readonly unwritten = new Map<string, number>();

  constructor(
    private readonly connections: Connections,
    private readonly store: LastSeenStore,
  ) {}

  /** Returns whether some users are connected, and when each last was. */
  async of(
    userIds: readonly string[],
  ): Promise<ReadonlyMap<string, { online: boolean; lastSeenAt: string | null }>> {
    const ids = [...new Set(userIds)];
    const times = new Map<string, number | null>();
    const missing: string[] = [];
    for (const id of ids) {
      const entry = this.cached.get(id);
      if (entry) times.set(id, entry.at);
      else missing.push(id);
    }
    const read = missing.length > 0 ? await this.store.read(missing) : undefined;
    for (const id of missing) {
      // Someone may have come and gone while the store was read.
      const at = this.cached.get(id)?.at ?? read?.get(id) ?? null;
      times.set(id, at);
      if (!this.cached.get(id)) this.cached.set(id, { at });
    }
    return new Map(ids.map((id) => [id, this.state(id, times.get(id) ?? null)]));
  }

  private state(userId: string, stored: number | null): { online: boolean; lastSeenAt: string | null } {
    const online = this.connections.isOnline(userId);
    const at = online ? Date.now() : (this.connections.changed.get(userId) ?? stored);
    return { online, lastSeenAt: at === null ? null : new Date(at).toISOString() };
  }

  /**
   * Notes when a user was connected; `write` stores it.
   * @param at milliseconds since 1970
   */
  saw(userId: string, at: number): void {
    this.cached.set(userId, { at });
    this.unwritten.set(userId, at);
  }

  /** Stores what was noted. */
  async write(): Promise<void> {
    if (this.unwritten.size === 0) return;
    const seen = [...this.unwritten];
    await this.store.write(seen);
    for (const [userId, at] of seen) if (this.unwritten.get(userId) === at) this.unwritten.delete(userId);
  }

  /** Stores that all who are connected were seen now, so that the end of this process does not lose it. */
  async writeConnected(): Promise<void> {
    const now = Date.now();
    for (const [userId, at] of this.connections.changed) this.saw(userId, at);
    for (const userId of this.connections.userIds()) this.saw(userId, now);
    await this.write();
  }

  /** Evicts a deleted user. */
  evict(userId: string): void {
    this.cached.delete(userId);
    this.unwritten.delete(userId);
  }
}
