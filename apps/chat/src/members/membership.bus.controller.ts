import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EVENTS, SUBJECTS, type EventPayload, type Reply, type Request } from '@app/contracts/bus';
import { Answers, AnswersErrors, Confirms, SchemaPipe } from '@app/platform';
import { MembershipService } from './membership.service.js';

/** Answers what concerns who is in a chat. */
@Controller()
@AnswersErrors()
export class MembershipBusController {
  constructor(private readonly membership: MembershipService) {}

  /** Joins a chat by its key. */
  @Answers('chat.join')
  join(
    @Payload(new SchemaPipe(SUBJECTS['chat.join'].request)) request: Request<'chat.join'>,
  ): Promise<Reply<'chat.join'>> {
    return this.membership.join(request.userId, request.key);
  }

  /** Leaves a chat. */
  @Answers('chat.leave')
  async leave(
    @Payload(new SchemaPipe(SUBJECTS['chat.leave'].request)) request: Request<'chat.leave'>,
  ): Promise<Reply<'chat.leave'>> {
    return { erased: await this.membership.leave(request.chatId, request.userId, request.sessionId) };
  }

  /** Says who may enter, with the message key. */
  @Answers('chat.access')
  access(
    @Payload(new SchemaPipe(SUBJECTS['chat.access'].request)) request: Request<'chat.access'>,
  ): Reply<'chat.access'> {
    const { chatId, userId, also } = request;
    const access = this.membership.access(chatId, userId);
    return also ? { ...access, others: this.membership.accesses(also, userId) } : access;
  }

  /** Says who shares a chat with a user. */
  @Answers('chat.peers')
  peers(
    @Payload(new SchemaPipe(SUBJECTS['chat.peers'].request)) request: Request<'chat.peers'>,
  ): Reply<'chat.peers'> {
    return this.membership.peers(request.userId, request.after);
  }

  /** Names all who are in some chat. */
  @Answers('chat.members.list')
  members(
    @Payload(new SchemaPipe(SUBJECTS['chat.members.list'].request)) request: Request<'chat.members.list'>,
  ): Reply<'chat.members.list'> {
    return this.membership.everybody(request.after);
  }

  /** Takes a user who does not exist any more out of every chat. */
  @Answers('chat.members.remove')
  async remove(
    @Payload(new SchemaPipe(SUBJECTS['chat.members.remove'].request)) request: Request<'chat.members.remove'>,
  ): Promise<Reply<'chat.members.remove'>> {
    await this.membership.removeUser(request.userId);
    return {};
  }

  /** An account was deleted: confirmed when the user is in no chat any more. */
  @Confirms('event.user.deleted', 'chat')
  async userDeleted(
    @Payload(new SchemaPipe(EVENTS['event.user.deleted'].payload)) event: EventPayload<'event.user.deleted'>,
  ): Promise<{ service: string }> {
    await this.membership.removeUser(event.userId);
    return { service: 'chat' };
  }
}
