import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { Answers, AnswersErrors, Outbox, SchemaPipe } from '@app/platform';

/** Says how the service is. */
@Controller()
@AnswersErrors()
export class HealthBusController {
  constructor(private readonly outbox: Outbox) {}

  /** Answers when the database answers: the backlog is read from it. */
  @Answers('auth.health')
  async health(
    @Payload(new SchemaPipe(SUBJECTS['auth.health'].request)) _request: Request<'auth.health'>,
  ): Promise<Reply<'auth.health'>> {
    const { pending, oldestMs } = await this.outbox.backlog();
    return { service: 'auth', outboxPending: pending, outboxOldestMs: oldestMs };
  }
}
