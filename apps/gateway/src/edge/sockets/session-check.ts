import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { AuthClient } from '../../services/auth.client.js';
import { UserSockets } from './user-sockets.js';

/** How often the sessions of open sockets are verified again, in milliseconds, in case an event was lost. */
const CHECK_EVERY_MS = 10_000;

/** How many requests to auth are open at the same time. */
const CONCURRENCY = 4;

/** How long sockets stay open while auth does not answer, in milliseconds. */
const GRACE_MS = 15 * 60_000;

/**
 * Regularly verifies every session that has sockets with auth. It uses the session's id, not the digest of its token: a
 * password change renews the token and keeps the session.
 */
@Injectable()
export class SessionCheck {
  /** When auth confirmed each session, by the monotonic clock. */
  private readonly confirmedAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  constructor(
    private readonly auth: AuthClient,
    private readonly sockets: UserSockets,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Starts the regular checks. */
  start(): void {
    this.timer = setInterval(() => void this.run(), CHECK_EVERY_MS);
  }

  /** Stops the regular checks. */
  stop(): void {
    clearInterval(this.timer);
  }

  /** Checks every session once, unless the previous check still runs. */
  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      const ids = this.sockets.sessionIds();
      const current = new Set(ids);
      for (const id of this.confirmedAt.keys()) if (!current.has(id)) this.confirmedAt.delete(id);
      const now = performance.now();
      // The handshake of a new socket has just verified its session.
      for (const id of ids) if (!this.confirmedAt.has(id)) this.confirmedAt.set(id, now);
      const worker = async (): Promise<void> => {
        for (let batch = ids.splice(-LIMITS.sessionsPerCheck); batch.length > 0;) {
          await this.check(batch);
          batch = ids.splice(-LIMITS.sessionsPerCheck);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    } finally {
      this.running = false;
    }
  }

  private async check(ids: readonly string[]): Promise<void> {
    try {
      const ended = await this.auth.checkSessions(ids);
      const now = performance.now();
      for (const id of ids) this.confirmedAt.set(id, now);
      for (const { sessionId, reason } of ended) {
        this.auth.evictSession(sessionId);
        this.sockets.endSession(sessionId, reason);
      }
    } catch (error) {
      this.logger.debug({ err: error, sessions: ids.length }, 'sessions could not be checked');
      const oldest = performance.now() - GRACE_MS;
      for (const id of ids) if ((this.confirmedAt.get(id) ?? 0) < oldest) this.sockets.cutSession(id);
    }
  }
}
