import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EVENTS, SUBJECTS, type EventPayload, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, ConfirmedEventHandler, SchemaPipe } from '@app/platform';
import { ChatAccess } from '../members/chat-access.js';
import { ChatJoining } from '../members/join-chat.js';
import { ChatLeaving } from '../members/leave-chat.js';
import { MemberListing } from '../members/list-members.js';
import { UserRemoval } from '../members/remove-user.js';

/** Answers requests about the members of chats. */
@Controller()
@MapsErrors()
export class MembersBusController {
  constructor(
    private readonly joining: ChatJoining,
    private readonly leaving: ChatLeaving,
    private readonly chatAccess: ChatAccess,
    private readonly listing: MemberListing,
    private readonly removal: UserRemoval,
  ) {}

  /** Adds a user to the chat of a key. */
  @MessageHandler('chat.join')
  join(
    @Payload(new SchemaPipe(SUBJECTS['chat.join'].request)) request: Request<'chat.join'>,
  ): Promise<Reply<'chat.join'>> {
    return this.joining.join(request.userId, request.key);
  }

  /** Removes a member who leaves. */
  @MessageHandler('chat.leave')
  async leave(
    @Payload(new SchemaPipe(SUBJECTS['chat.leave'].request)) request: Request<'chat.leave'>,
  ): Promise<Reply<'chat.leave'>> {
    return { erased: await this.leaving.leave(request.chatId, request.userId, request.sessionId) };
  }

  /** Returns the members and the message key, to a member. */
  @MessageHandler('chat.access')
  async access(
    @Payload(new SchemaPipe(SUBJECTS['chat.access'].request)) request: Request<'chat.access'>,
  ): Promise<Reply<'chat.access'>> {
    const { chatId, userId, also } = request;
    const access = await this.chatAccess.of(chatId, userId);
    return also ? { ...access, others: await this.chatAccess.ofSeveral(also, userId) } : access;
  }

  /** Lists those who share a chat with a user. */
  @MessageHandler('chat.peers')
  peers(
    @Payload(new SchemaPipe(SUBJECTS['chat.peers'].request)) request: Request<'chat.peers'>,
  ): Promise<Reply<'chat.peers'>> {
    return this.listing.peersOf(request.userId, request.after);
  }

  /** Lists all who are in some chat. */
  @MessageHandler('chat.members.list')
  members(
    @Payload(new SchemaPipe(SUBJECTS['chat.members.list'].request)) request: Request<'chat.members.list'>,
  ): Promise<Reply<'chat.members.list'>> {
    return this.listing.all(request.after);
  }

  /** Removes a user who no longer exists from every chat. */
  @MessageHandler('chat.members.remove')
  async remove(
    @Payload(new SchemaPipe(SUBJECTS['chat.members.remove'].request)) request: Request<'chat.members.remove'>,
  ): Promise<Reply<'chat.members.remove'>> {
    await this.removal.remove(request.userId);
    return {};
  }

  /** Removes the user of a deleted account, and confirms when they are in no chat any more. */
  @ConfirmedEventHandler('event.user.deleted', 'chat')
  async userDeleted(
    @Payload(new SchemaPipe(EVENTS['event.user.deleted'].payload)) event: EventPayload<'event.user.deleted'>,
  ): Promise<{ service: string }> {
    await this.removal.remove(event.userId);
    return { service: 'chat' };
  }
}
