import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, Outbox, SchemaPipe, unavailable } from '@app/platform';
import { AuthStore } from '../store/auth-store.js';

/** Answers whether the service works. */
@Controller()
@MapsErrors()
export class HealthBusController {
  constructor(
    private readonly outbox: Outbox,
    private readonly store: AuthStore,
  ) {}

  /** Answers when the database can be read, for the outbox's length, and the disk takes writes. */
  @MessageHandler('auth.health', 'health.auth')
  async health(
    @Payload(new SchemaPipe(SUBJECTS['auth.health'].request)) _request: Request<'auth.health'>,
  ): Promise<Reply<'auth.health'>> {
    if (!(await this.store.takesWrites())) throw unavailable();
    const { pending, oldestMs } = await this.outbox.backlog();
    return { service: 'auth', outboxPending: pending, outboxOldestMs: oldestMs };
  }
}
