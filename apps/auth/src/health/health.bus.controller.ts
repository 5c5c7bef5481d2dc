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
  @Answers('auth.health', 'health.auth')
  async health(
    @Payload(new SchemaPipe(SUBJECTS['auth.health'].request)) _request: Request<'auth.health'>,
  ): Promise<Reply<'auth.health'>> {
    if (!(await this.queue.takesWrites())) throw unavailable();
    const { pending, oldestMs } = await this.outbox.backlog();
    return { service: 'auth', outboxPending: pending, outboxOldestMs: oldestMs };
  }
}
