import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EVENTS, type EventPayload } from '@app/contracts/bus';
import type { Chat } from '@app/contracts/edge';
import { AnswersErrors, Confirms, Hears, LOGGER, SchemaPipe } from '@app/platform';
import type { Logger } from 'pino';
import { AuthClient } from '../../services/auth.client.js';
import { ChatErasure } from '../erasure/chat-erasure.js';
import { ChatViews } from '../members/chat-views.js';
import { ChatsClient } from '../../services/chats.client.js';
import { MessageWriter } from '../../store/sqlite/message-writer.js';
import { SenderEraser } from '../../store/sqlite/erasure/sender-eraser.js';
import { FanOut } from '../../edge/sockets/user-sockets.js';
import { Joins } from '../members/joins.js';
import { LastSeen } from '../presence/last-seen.js';
import { Typing } from '../presence/typing.js';

const pipe = <S extends keyof typeof EVENTS>(subject: S): SchemaPipe<(typeof EVENTS)[S]['payload']> =>
  new SchemaPipe(EVENTS[subject].payload);

/** What other services tell: it ends what is kept here and is told on to the sockets. */
@Controller()
@AnswersErrors()
export class EventsBusController {
  constructor(
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly views: ChatViews,
    private readonly erasure: ChatErasure,
    private readonly eraser: SenderEraser,
    private readonly writer: MessageWriter,
    private readonly fanOut: FanOut,
    private readonly lastSeen: LastSeen,
    private readonly typing: Typing,
    private readonly joins: Joins,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    joins.bind((userId, chatId) => this.view(userId, chatId));
  }

  /** A session ended: its sockets are told and cut. */
  @Hears('event.session.ended')
  sessionEnded(@Payload(pipe('event.session.ended')) event: EventPayload<'event.session.ended'>): void {
    this.auth.dropSession(event.sessionId);
    this.fanOut.endSession(event.sessionId, event.reason);
  }

  /** A chat was made: all sockets of its maker hear of it. */
  @Hears('event.chat.created')
  async chatCreated(
    @Payload(pipe('event.chat.created')) event: EventPayload<'event.chat.created'>,
  ): Promise<void> {
    await this.joins.announce(event.chatId, event.userId, []);
  }

  /** Someone joined: their sockets get the chat, the others the member. */
  @Hears('event.chat.member.joined')
  async memberJoined(
    @Payload(pipe('event.chat.member.joined')) event: EventPayload<'event.chat.member.joined'>,
  ): Promise<void> {
    const { chatId, userId, memberIds } = event;
    this.chats.dropAccess(chatId);
    const others = memberIds.filter((id) => id !== userId);
    await this.joins.announce(chatId, userId, others);
    await this.telling(chatId, async () => {
      const { members } = await this.view(userId, chatId);
      const member = members.find(({ id }) => id === userId);
      if (member) this.fanOut.emit(others, 'chat:member-joined', { chatId, member });
    });
  }

  private async view(userId: string, chatId: string): Promise<Chat> {
    return this.views.view(userId, await this.chats.get(userId, chatId));
  }

  /** Someone left: no answer that is under way lets them in again. */
  @Hears('event.chat.member.left')
  async memberLeft(
    @Payload(pipe('event.chat.member.left')) event: EventPayload<'event.chat.member.left'>,
  ): Promise<void> {
    const { chatId, userId, memberIds } = event;
    this.chats.dropAccess(chatId);
    this.joins.left(chatId, userId);
    this.typing.left(chatId, userId);
    this.fanOut.emit(memberIds, 'chat:member-left', { chatId, userId });
    // With the account their marks in all chats are erased.
    if (!this.auth.isDeleted(userId))
      await this.telling(chatId, () => this.writer.forgetMarks(chatId, userId));
  }

  /** A chat was renamed: every member sees it as theirs. */
  @Hears('event.chat.updated')
  async chatUpdated(
    @Payload(pipe('event.chat.updated')) event: EventPayload<'event.chat.updated'>,
  ): Promise<void> {
    for (const userId of event.memberIds)
      await this.telling(event.chatId, async () => {
        const chat = await this.view(userId, event.chatId);
        this.fanOut.emit([userId], 'chat:updated', { chat });
      });
  }

  /** A chat was destroyed: confirmed when nothing of its messages is left. */
  @Confirms('event.chat.deleted', 'gateway')
  async chatDeleted(
    @Payload(pipe('event.chat.deleted')) event: EventPayload<'event.chat.deleted'>,
  ): Promise<{ service: string }> {
    await this.erasure.finish(event.chatId, event.memberIds);
    return { service: 'gateway' };
  }

  /** An account was deleted: confirmed when nothing of what they wrote is left. */
  @Confirms('event.user.deleted', 'gateway')
  async userDeleted(
    @Payload(pipe('event.user.deleted')) event: EventPayload<'event.user.deleted'>,
  ): Promise<{ service: string }> {
    this.auth.dropUser(event.userId);
    this.lastSeen.forget(event.userId);
    await this.eraser.erase(event.userId);
    return { service: 'gateway' };
  }

  /** An event is told once: what cannot be told on now is seen at the client's next fetch. */
  private async telling(chatId: string, tell: () => Promise<unknown>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      this.logger.warn(
        { chatId, reason: error instanceof Error ? error.message : 'unknown' },
        'an event could not be told on',
      );
    }
  }
}
