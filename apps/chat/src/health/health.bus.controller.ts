import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { Answers, AnswersErrors, Outbox, SchemaPipe, unavailable, WriteQueue } from '@app/platform';

/** Says how the service is. */
@Controller()
@AnswersErrors()
export class HealthBusController {
  constructor(
    private readonly outbox: Outbox,
    private readonly queue: WriteQueue,
  ) {}

  /** Answers when the database answers: the backlog is read from it, and the disk takes writes. */
  @Answers('chat.health', 'health.chat')
  async health(
    @Payload(new SchemaPipe(SUBJECTS['chat.health'].request)) _request: Request<'chat.health'>,
  ): Promise<Reply<'chat.health'>> {
    if (!(await this.queue.takesWrites())) throw unavailable();
    const { pending, oldestMs } = await this.outbox.backlog();
    return { service: 'chat', outboxPending: pending, outboxOldestMs: oldestMs };
  }
}
