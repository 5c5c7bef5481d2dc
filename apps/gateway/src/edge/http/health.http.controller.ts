import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { BusClient, LOGGER } from '@app/platform';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { AuthClient } from '../../services/auth.client.js';
import { ChatsClient } from '../../services/chats.client.js';
import { MessageStore } from '../../store/message-store.js';
import { Rules } from '../request/route-rules.js';

/** How long a dependency may take to say that it is well, in milliseconds. */
const LIMIT_MS = 1_000;

/** How long one answer serves all who ask, in milliseconds. */
const SHARED_MS = 1_000;

/** How old an event may grow without being confirmed before health says so, in milliseconds. */
const OLD_EVENT_MS = 60_000;

/** What is said to whoever asks whether the product is ready. */
interface Readiness {
  readonly status: 'up' | 'down';
  readonly missing: readonly string[];
  readonly events: object;
}

/** Whether the product lives, and whether it is ready to be used. */
@Controller('health')
export class HealthHttpController {
  private asking: Promise<Readiness> | undefined;
  private wasConnected = true;
  private missing = '';

  constructor(
    private readonly bus: BusClient,
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly store: MessageStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Asks nothing: this process answers. */
  @Get('live')
  @Rules({ open: true })
  live(): { status: 'up' } {
    return { status: 'up' };
  }

  /** Asks every real dependency and names what is missing. Those who ask within a second get the same answer. */
  @Get('ready')
  @Rules({ open: true })
  async ready(@Res({ passthrough: true }) response: Response): Promise<object> {
    if (this.wasConnected !== this.bus.connected) this.asking = undefined;
    this.wasConnected = this.bus.connected;
    this.asking ??= this.ask();
    const readiness = await this.asking;
    if (readiness.missing.length > 0) response.status(503).set('Retry-After', '1');
    return readiness;
  }

  private async ask(): Promise<Readiness> {
    const readiness = await this.check();
    setTimeout(() => (this.asking = undefined), SHARED_MS).unref();
    const missing = readiness.missing.join(', ');
    if (missing !== this.missing) {
      if (missing === '') this.logger.info('ready again');
      else this.logger.warn({ missing }, 'not ready');
      this.missing = missing;
    }
    return readiness;
  }

  private async check(): Promise<Readiness> {
    const [database, auth, chat] = await Promise.allSettled([
      Promise.race([this.store.isHealthy(), pause(LIMIT_MS, false, { ref: false })]),
      this.auth.health(LIMIT_MS),
      this.chats.health(LIMIT_MS),
    ]);
    const checks = {
      database: database.status === 'fulfilled' && database.value,
      nats: this.bus.connected,
      auth: auth.status === 'fulfilled',
      chat: chat.status === 'fulfilled',
    };
    const pending = [auth, chat].flatMap((answer) =>
      answer.status === 'fulfilled'
        ? [
            {
              service: answer.value.service,
              pending: answer.value.outboxPending,
              oldestMs: answer.value.outboxOldestMs,
            },
          ]
        : [],
    );
    const missing = Object.entries(checks).flatMap(([name, up]) => (up ? [] : [name]));
    return {
      status: missing.length > 0 ? 'down' : 'up',
      missing,
      events: { pending, late: pending.some(({ oldestMs }) => oldestMs > OLD_EVENT_MS) },
    };
  }
}
