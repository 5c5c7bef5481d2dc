import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { Answers, AnswersErrors, SchemaPipe } from '@app/platform';
import { ChatErasure } from './chat-erasure.js';
import { ChatsService } from './chats.service.js';

/** Answers what concerns a chat as a whole. */
@Controller()
@AnswersErrors()
export class ChatsBusController {
  constructor(
    private readonly chats: ChatsService,
    private readonly erasure: ChatErasure,
  ) {}

  /** Makes a chat. */
  @Answers('chat.create')
  create(
    @Payload(new SchemaPipe(SUBJECTS['chat.create'].request)) request: Request<'chat.create'>,
  ): Promise<Reply<'chat.create'>> {
    return this.chats.create(request.userId, request.name);
  }

  /** Lists a user's chats. */
  @Answers('chat.list')
  list(
    @Payload(new SchemaPipe(SUBJECTS['chat.list'].request)) request: Request<'chat.list'>,
  ): Reply<'chat.list'> {
    return this.chats.list(request.userId, request.after, request.limit);
  }

  /** Gives a chat to a member. */
  @Answers('chat.get')
  get(
    @Payload(new SchemaPipe(SUBJECTS['chat.get'].request)) request: Request<'chat.get'>,
  ): Reply<'chat.get'> {
    return { chat: this.chats.get(request.chatId, request.userId) };
  }

  /** Renames a chat. */
  @Answers('chat.rename')
  async rename(
    @Payload(new SchemaPipe(SUBJECTS['chat.rename'].request)) request: Request<'chat.rename'>,
  ): Promise<Reply<'chat.rename'>> {
    return { chat: await this.chats.rename(request.chatId, request.userId, request.name) };
  }

  /** Sets a chat's timer. */
  @Answers('chat.timer')
  async setTimer(
    @Payload(new SchemaPipe(SUBJECTS['chat.timer'].request)) request: Request<'chat.timer'>,
  ): Promise<Reply<'chat.timer'>> {
    return { chat: await this.chats.setTimer(request.chatId, request.userId, request.messageTtl) };
  }

  /** Reveals a chat's key. */
  @Answers('chat.key.reveal')
  async revealKey(
    @Payload(new SchemaPipe(SUBJECTS['chat.key.reveal'].request)) request: Request<'chat.key.reveal'>,
  ): Promise<Reply<'chat.key.reveal'>> {
    return { key: await this.chats.revealKey(request.chatId, request.userId, request.sessionId) };
  }

  /** Destroys a chat. */
  @Answers('chat.delete')
  async delete(
    @Payload(new SchemaPipe(SUBJECTS['chat.delete'].request)) request: Request<'chat.delete'>,
  ): Promise<Reply<'chat.delete'>> {
    const { chatId, userId, sessionId } = request;
    const { memberIds, keyDestroyedAt } = await this.erasure.delete(chatId, {
      userId,
      sessionId,
      noted: true,
    });
    return { chatId, memberIds: [...memberIds], keyDestroyedAt: new Date(keyDestroyedAt).toISOString() };
  }
}
