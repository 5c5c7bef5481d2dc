import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { Answers, AnswersErrors, SchemaPipe } from '@app/platform';
import { ActivityLog } from './activity-log.js';

/** Answers what a user did. */
@Controller()
@AnswersErrors()
export class ActivityBusController {
  constructor(private readonly activity: ActivityLog) {}

  /** The user's own events, newest first. */
  @Answers('chat.activity.list')
  list(
    @Payload(new SchemaPipe(SUBJECTS['chat.activity.list'].request)) request: Request<'chat.activity.list'>,
  ): Reply<'chat.activity.list'> {
    return { events: this.activity.list(request.userId) };
  }
}
