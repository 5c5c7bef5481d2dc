import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, SchemaPipe } from '@app/platform';
import { ChatStore } from '../store/chat-store.js';

/** Answers requests about what a user did. */
@Controller()
@MapsErrors()
export class ActivityBusController {
  constructor(private readonly store: ChatStore) {}

  /** Lists the user's own events, newest first. */
  @MessageHandler('chat.activity.list')
  async list(
    @Payload(new SchemaPipe(SUBJECTS['chat.activity.list'].request)) request: Request<'chat.activity.list'>,
  ): Promise<Reply<'chat.activity.list'>> {
    return { events: await this.store.activity.list(request.userId) };
  }
}
