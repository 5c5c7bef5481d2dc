import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, SchemaPipe } from '@app/platform';
import { ActivityLog } from '../activity/activity-log.js';

/** Answers requests about what a user did. */
@Controller()
@MapsErrors()
export class ActivityBusController {
  constructor(private readonly activity: ActivityLog) {}

  /** Returns at most 200 events, newest first. */
  @MessageHandler('auth.activity.list')
  async list(
    @Payload(new SchemaPipe(SUBJECTS['auth.activity.list'].request))
    { userId }: Request<'auth.activity.list'>,
  ): Promise<Reply<'auth.activity.list'>> {
    return { events: await this.activity.list(userId) };
  }
}
