import { Injectable } from '@nestjs/common';
import { ApiError } from '@app/platform';
import { MessageStore } from '../../store/message-store.js';
import { MemberAccess } from '../chats/member-access.js';
import { Broadcast } from '../live/broadcast.js';
import { Connections } from '../live/connections.js';

/** How far members have received and read. */
@Injectable()
export class Receipts {
  constructor(
    private readonly access: MemberAccess,
    private readonly store: MessageStore,
    private readonly broadcast: Broadcast,
    private readonly connections: Connections,
  ) {}

  /**
   * Moves a member's receipts and broadcasts them once they are on disk.
   * @param seq never goes back; beyond the end means the end
   * @param sessionId the session of the socket that asks
   * @throws {ApiError} CHAT_NOT_FOUND; UNAUTHENTICATED when the session has ended meanwhile
   */
  async move(
    userId: string,
    chatId: string,
    kind: 'delivered' | 'read',
    seq: number,
    sessionId?: string,
  ): Promise<void> {
    const { memberIds } = await this.access.require(userId, chatId);
    if (sessionId !== undefined && this.connections.hasEnded(sessionId))
      throw new ApiError('UNAUTHENTICATED');
    const { receipts, changed } = await this.store.moveReceipts(chatId, userId, kind, seq);
    if (!changed) return;
    const { deliveredSeq, readSeq } = receipts;
    this.broadcast.emit(memberIds, 'receipt', { chatId, userId, deliveredSeq, readSeq });
  }
}
