import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, Outbox, SchemaPipe, unavailable } from '@app/platform';
import { ChatStore } from '../store/chat-store.js';

/** Answers whether the service works. */
@Controller()
@MapsErrors()
export class HealthBusController {
  constructor(
    private readonly outbox: Outbox,
    private readonly store: ChatStore,
  ) {}

  /** Answers when the database can be read, for the outbox's length, and the disk takes writes. */
  @MessageHandler('chat.health', 'health.chat')
  async health(
    @Payload(new SchemaPipe(SUBJECTS['chat.health'].request)) _request: Request<'chat.health'>,
  ): Promise<Reply<'chat.health'>> {
    if (!(await this.store.takesWrites())) throw unavailable();
    const { pending, oldestMs } = await this.outbox.backlog();
    return { service: 'chat', outboxPending: pending, outboxOldestMs: oldestMs };
  }
}
