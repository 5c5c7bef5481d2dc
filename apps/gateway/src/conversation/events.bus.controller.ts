import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { EVENTS, type EventPayload } from '@app/contracts/bus';
import type { Chat } from '@app/contracts/edge';
import { MapsErrors, ConfirmedEventHandler, EventHandler, LOGGER, SchemaPipe } from '@app/platform';
import type { Logger } from 'pino';
import { AuthClient } from '../services/auth.client.js';
import { ChatsClient } from '../services/chats.client.js';
import { MessageStore } from '../store/message-store.js';
import { ChatErasure } from './chats/chat-erasure.js';
import { ChatViews } from './chats/chat-views.js';
import { Joins } from './chats/joins.js';
import { Broadcast } from './live/broadcast.js';
import { Connections } from './live/connections.js';
import { LastSeen } from './live/last-seen.js';
import { Typing } from './live/typing.js';

const pipe = <S extends keyof typeof EVENTS>(subject: S): SchemaPipe<(typeof EVENTS)[S]['payload']> =>
  new SchemaPipe(EVENTS[subject].payload);

/** Handles the events of the other services: evicts what is cached here, erases, and broadcasts. */
@Controller()
@MapsErrors()
export class EventsBusController {
  constructor(
    private readonly auth: AuthClient,
    private readonly chats: ChatsClient,
    private readonly views: ChatViews,
    private readonly erasure: ChatErasure,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
    private readonly connections: Connections,
    private readonly lastSeen: LastSeen,
    private readonly typing: Typing,
    private readonly joins: Joins,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A session ended: its connections learn why and are cut. */
  @EventHandler('event.session.ended')
  sessionEnded(@Payload(pipe('event.session.ended')) event: EventPayload<'event.session.ended'>): void {
    this.auth.evictSession(event.sessionId);
    this.connections.endSession(event.sessionId, event.reason);
  }

  /** A chat was made: all connections of its maker get it. */
  @EventHandler('event.chat.created')
  async chatCreated(
    @Payload(pipe('event.chat.created')) event: EventPayload<'event.chat.created'>,
  ): Promise<void> {
    await this.joins.announce(event.chatId, event.userId, []);
  }

  /** Someone joined: their connections get the chat, the others the member. */
  @EventHandler('event.chat.member.joined')
  async memberJoined(
    @Payload(pipe('event.chat.member.joined')) event: EventPayload<'event.chat.member.joined'>,
  ): Promise<void> {
    const { chatId, userId, memberIds } = event;
    this.chats.evictAccess(chatId);
    const others = memberIds.filter((id) => id !== userId);
    await this.joins.announce(chatId, userId, others);
    await this.broadcasting(chatId, async () => {
      const { members } = await this.view(userId, chatId);
      const member = members.find(({ id }) => id === userId);
      if (member) this.broadcast.emit(others, 'chat:member-joined', { chatId, member });
    });
  }

  private async view(userId: string, chatId: string): Promise<Chat> {
    return this.views.view(userId, await this.chats.get(userId, chatId));
  }

  /** Someone left: no answer that is under way lets them in again. */
  @EventHandler('event.chat.member.left')
  async memberLeft(
    @Payload(pipe('event.chat.member.left')) event: EventPayload<'event.chat.member.left'>,
  ): Promise<void> {
    const { chatId, userId, memberIds } = event;
    this.chats.evictAccess(chatId);
    this.joins.left(chatId, userId);
    this.typing.left(chatId, userId);
    this.broadcast.emit(memberIds, 'chat:member-left', { chatId, userId });
    // With the account their receipts in all chats are erased.
    if (!this.auth.isDeleted(userId))
      await this.broadcasting(chatId, () => this.store.deleteReceipts(chatId, userId));
  }

  /** A chat's name or timer changed: every member gets it as theirs. */
  @EventHandler('event.chat.updated')
  async chatUpdated(
    @Payload(pipe('event.chat.updated')) event: EventPayload<'event.chat.updated'>,
  ): Promise<void> {
    this.chats.evictAccess(event.chatId);
    for (const userId of event.memberIds)
      await this.broadcasting(event.chatId, async () => {
        const chat = await this.view(userId, event.chatId);
        this.broadcast.emit([userId], 'chat:updated', { chat });
      });
  }

  /** A chat was destroyed: confirmed when nothing of its messages is left. */
  @ConfirmedEventHandler('event.chat.deleted', 'gateway')
  async chatDeleted(
    @Payload(pipe('event.chat.deleted')) event: EventPayload<'event.chat.deleted'>,
  ): Promise<{ service: string }> {
    await this.erasure.finish(event.chatId, event.memberIds);
    return { service: 'gateway' };
  }

  /** An account was deleted: confirmed when nothing of what they wrote is left. */
  @ConfirmedEventHandler('event.user.deleted', 'gateway')
  async userDeleted(
    @Payload(pipe('event.user.deleted')) event: EventPayload<'event.user.deleted'>,
  ): Promise<{ service: string }> {
    this.auth.evictUser(event.userId);
    this.lastSeen.evict(event.userId);
    await this.store.eraseSender(event.userId);
    return { service: 'gateway' };
  }

  /** An event comes once: what cannot be broadcast now is seen at the client's next fetch. */
  private async broadcasting(chatId: string, emit: () => Promise<unknown>): Promise<void> {
    try {
      await emit();
    } catch (error) {
      this.logger.warn(
        { chatId, reason: error instanceof Error ? error.message : 'unknown' },
        'an event could not be broadcast',
      );
    }
  }
}
