import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { LOGGER } from '@app/platform';
import type { Logger } from 'pino';
import { AuthStore } from '../store/auth-store.js';
import { SessionEnd } from './end-session.js';

/** How often expired sessions are looked for, in milliseconds, and how many are ended at a time. */
const INTERVAL_MS = 60_000;
const MAX_ENDED = 500;

/** Ends sessions by age, also those that nobody uses. */
@Injectable()
export class SessionExpiry implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: AuthStore,
    private readonly sessionEnd: SessionEnd,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Looks for expired sessions now and once a minute. */
  onApplicationBootstrap(): void {
    void this.endExpired();
    this.timer = setInterval(() => void this.endExpired(), INTERVAL_MS).unref();
  }

  /** Stops looking. */
  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private async endExpired(): Promise<void> {
    try {
      const now = Date.now();
      const expired = await this.store.sessions.listOlder(
        now - LIMITS.sessionIdleMs,
        now - LIMITS.sessionTotalMs,
        MAX_ENDED,
      );
      if (expired.length > 0) await this.sessionEnd.expire(expired);
    } catch (error) {
      this.logger.error({ err: error }, 'cannot end expired sessions');
    }
  }
}
