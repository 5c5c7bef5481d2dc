import { Injectable } from '@nestjs/common';
import { Refusal } from '@app/platform';
import { FanOut } from '../../edge/sockets/user-sockets.js';
import { MessagesService } from './messages.service.js';
import { MessageWriter } from '../../store/sqlite/message-writer.js';

/** How far members have received and read. */
@Injectable()
export class ReceiptsService {
  constructor(
    private readonly messages: MessagesService,
    private readonly writer: MessageWriter,
    private readonly fanOut: FanOut,
  ) {}

  /**
   * Moves a member's mark and tells the chat, once it is on disk.
   * @param seq never goes back; beyond the end means the end
   * @param sessionId the session of the socket that asks
   * @throws {Refusal} CHAT_NOT_FOUND; UNAUTHENTICATED when the session has ended meanwhile
   */
  async move(
    userId: string,
    chatId: string,
    kind: 'delivered' | 'read',
    seq: number,
    sessionId?: string,
  ): Promise<void> {
    const access = await this.messages.enter(userId, chatId);
    if (sessionId !== undefined && this.fanOut.hasEnded(sessionId)) throw new Refusal('UNAUTHENTICATED');
    const { mark, changed } = await this.writer.move(chatId, userId, kind, seq);
    if (!changed) return;
    this.fanOut.emit(access.memberIds, 'receipt', {
      chatId,
      userId,
      deliveredSeq: mark.delivered,
      readSeq: mark.read,
    });
  }
}
