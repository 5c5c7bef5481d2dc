import { Injectable } from '@nestjs/common';
import type { Message } from '@app/contracts/edge';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { ErasureLedger, Refusal, WriteQueue } from '@app/platform';
import { seqOfMessageId } from '../../message-id.js';
import { describe } from '../../message-view.js';
import { ChatStates } from '../messages/chat-state.js';
import { MessageRepository } from '../messages/message.repository.js';
import { MessageWriter } from '../messages/message-writer.js';
import type { MessageRow } from '../messages/stored-state.js';
import { LogTruncation } from './log-truncation.js';

/** Erases single messages: their rows stay as tombstones. */
@Injectable()
export class MessageEraser {
  constructor(
    private readonly states: ChatStates,
    private readonly repository: MessageRepository,
    private readonly writer: MessageWriter,
    private readonly queue: WriteQueue,
    private readonly truncation: LogTruncation,
    private readonly ledger: ErasureLedger,
  ) {}

  /**
   * Erases a user's own message.
   * @returns the tombstone, and whether it is new
   * @throws {Refusal} MESSAGE_NOT_FOUND, CHAT_NOT_FOUND where the chat is closed
   */
  async erase(
    userId: string,
    chatId: string,
    messageId: string,
  ): Promise<{ tombstone: Message; changed: boolean }> {
    // Noted first: whatever dies after the erasure, its bytes do not come back with an older backup.
    if (this.own(userId, chatId, messageId).deleted_at === null)
      await this.ledger.note('message', [messageId]);
    const erased = await this.queue
      .transaction(() => {
        if (this.writer.isClosed(chatId)) throw new Refusal('CHAT_NOT_FOUND');
        return this.eraseRow(userId, chatId, messageId);
      })
      .catch((error: unknown) => {
        // What was counted for an erasure that was rolled back is read anew.
        this.states.drop(chatId);
        throw error;
      });
    if (erased.changed) this.truncation.request();
    return erased;
  }

  private own(userId: string, chatId: string, messageId: string): MessageRow {
    const { ref } = this.states.get(chatId);
    const id = uuidToBytes(messageId);
    const row = ref === undefined ? undefined : this.repository.bySeq(ref, seqOfMessageId(id));
    if (!row || !row.id.equals(id) || bytesToUuid(row.sender_id) !== userId)
      throw new Refusal('MESSAGE_NOT_FOUND');
    return row;
  }

  private eraseRow(
    userId: string,
    chatId: string,
    messageId: string,
  ): { tombstone: Message; changed: boolean } {
    const state = this.states.get(chatId);
    const row = this.own(userId, chatId, messageId);
    if (row.deleted_at !== null) return { tombstone: describe(chatId, row), changed: false };
    const deletedAt = Date.now();
    this.states.erase(state, row, deletedAt);
    return { tombstone: describe(chatId, { ...row, deleted_at: deletedAt }), changed: true };
  }
}
