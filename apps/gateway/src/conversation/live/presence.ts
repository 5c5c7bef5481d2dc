import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { AuthClient } from '../../services/auth.client.js';
import { ChatsClient } from '../../services/chats.client.js';
import { Broadcast } from './broadcast.js';
import { Connections } from './connections.js';
import { LastSeen } from './last-seen.js';

/** How often changes are broadcast: a reload of a page within it is no absence. */
const TICK_MS = 1_500;

/** After how many ticks it is stored who is connected: a process that dies loses so much of when they were last seen. */
const TICKS_PER_BEAT = 20;

/** How many users' peers are requested at the same time. */
const PARALLEL = 32;

/** Broadcasts to those who share a chat with a user whether the user is connected. */
@Injectable()
export class Presence implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly online = new Set<string>();
  private readonly pending = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private busy = false;
  private ticks = 0;

  constructor(
    private readonly broadcast: Broadcast,
    private readonly connections: Connections,
    private readonly lastSeen: LastSeen,
    private readonly chats: ChatsClient,
    private readonly auth: AuthClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Starts. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.tick(), TICK_MS);
  }

  /** Stops. */
  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async tick(): Promise<void> {
    for (const [userId, at] of this.connections.takeChanged()) {
      this.pending.add(userId);
      // The moment of the change, however long it takes until it can be broadcast.
      if (!this.auth.isDeleted(userId)) this.lastSeen.saw(userId, at);
    }
    if (this.busy) return;
    this.busy = true;
    try {
      await this.writeLastSeen();
      // Of a short visit between two ticks the end is broadcast; only who is still there, as was broadcast, is no change.
      for (const userId of this.pending)
        if (this.connections.isOnline(userId) && this.online.has(userId)) this.pending.delete(userId);
      const changed = [...this.pending];
      for (let i = 0; i < changed.length; i += PARALLEL)
        await Promise.all(changed.slice(i, i + PARALLEL).map((userId) => this.announce(userId)));
    } catch (error) {
      this.logger.warn({ err: error }, 'presence could not be broadcast yet');
    } finally {
      this.busy = false;
    }
  }

  private async writeLastSeen(): Promise<void> {
    try {
      if (++this.ticks % TICKS_PER_BEAT === 0) await this.lastSeen.writeConnected();
      else await this.lastSeen.write();
    } catch (error) {
      this.logger.warn({ err: error }, 'when users were last seen could not be stored yet');
    }
  }

  /** Broadcasts one user's presence; where the peers cannot be read now, the next tick tries again. */
  private async announce(userId: string): Promise<void> {
    let others: string[];
    try {
      others = this.auth.isDeleted(userId) ? [] : await this.chats.peers(userId);
    } catch {
      return;
    }
    const now = (await this.lastSeen.of([userId])).get(userId);
    if (!now) return;
    if (now.online) this.online.add(userId);
    else this.online.delete(userId);
    this.pending.delete(userId);
    this.broadcast.emit(others, 'presence', { userId, ...now });
  }
}
