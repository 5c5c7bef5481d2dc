import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, SchemaPipe } from '@app/platform';
import { ChatCreation } from '../chats/create-chat.js';
import { ChatReading } from '../chats/read-chats.js';
import { ChatRenaming } from '../chats/rename-chat.js';
import { KeyRevealing } from '../chats/reveal-key.js';
import { ChatTimer } from '../chats/set-timer.js';
import { ChatErasure } from '../erasure/erase-chat.js';

/** Answers requests about a chat as a whole. */
@Controller()
@MapsErrors()
export class ChatsBusController {
  constructor(
    private readonly creation: ChatCreation,
    private readonly reading: ChatReading,
    private readonly renaming: ChatRenaming,
    private readonly timer: ChatTimer,
    private readonly revealing: KeyRevealing,
    private readonly erasure: ChatErasure,
  ) {}

  /** Creates a chat. */
  @MessageHandler('chat.create')
  create(
    @Payload(new SchemaPipe(SUBJECTS['chat.create'].request)) request: Request<'chat.create'>,
  ): Promise<Reply<'chat.create'>> {
    return this.creation.create(request.userId, request.name);
  }

  /** Lists a user's chats. */
  @MessageHandler('chat.list')
  list(
    @Payload(new SchemaPipe(SUBJECTS['chat.list'].request)) request: Request<'chat.list'>,
  ): Promise<Reply<'chat.list'>> {
    return this.reading.list(request.userId, request.after, request.limit);
  }

  /** Returns a chat to a member. */
  @MessageHandler('chat.get')
  async get(
    @Payload(new SchemaPipe(SUBJECTS['chat.get'].request)) request: Request<'chat.get'>,
  ): Promise<Reply<'chat.get'>> {
    return { chat: await this.reading.get(request.chatId, request.userId) };
  }

  /** Renames a chat. */
  @MessageHandler('chat.rename')
  async rename(
    @Payload(new SchemaPipe(SUBJECTS['chat.rename'].request)) request: Request<'chat.rename'>,
  ): Promise<Reply<'chat.rename'>> {
    return { chat: await this.renaming.rename(request.chatId, request.userId, request.name) };
  }

  /** Sets a chat's timer. */
  @MessageHandler('chat.timer')
  async setTimer(
    @Payload(new SchemaPipe(SUBJECTS['chat.timer'].request)) request: Request<'chat.timer'>,
  ): Promise<Reply<'chat.timer'>> {
    return { chat: await this.timer.set(request.chatId, request.userId, request.messageTtl) };
  }

  /** Reveals a chat's key. */
  @MessageHandler('chat.key.reveal')
  async revealKey(
    @Payload(new SchemaPipe(SUBJECTS['chat.key.reveal'].request)) request: Request<'chat.key.reveal'>,
  ): Promise<Reply<'chat.key.reveal'>> {
    return { key: await this.revealing.reveal(request.chatId, request.userId, request.sessionId) };
  }

  /** Deletes a chat. */
  @MessageHandler('chat.delete')
  async delete(
    @Payload(new SchemaPipe(SUBJECTS['chat.delete'].request)) request: Request<'chat.delete'>,
  ): Promise<Reply<'chat.delete'>> {
    const { chatId, userId, sessionId } = request;
    const { memberIds, keyDestroyedAt } = await this.erasure.delete(chatId, {
      userId,
      sessionId,
      isRecorded: true,
    });
    return { chatId, memberIds: [...memberIds], keyDestroyedAt: new Date(keyDestroyedAt).toISOString() };
  }
}
