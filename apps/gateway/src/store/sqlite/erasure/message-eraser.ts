import { Injectable } from '@nestjs/common';
import type { Message } from '@app/contracts/edge';
import { bytesToUuid, uuidToBytes } from '@app/crypto';
import { ErasureLedger, ApiError } from '@app/platform';
import { seqOfMessageId } from '../../message-id.js';
import type { Expiry, MessageChange } from '../../message-store.js';
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
    private readonly truncation: LogTruncation,
    private readonly ledger: ErasureLedger,
  ) {}

  /**
   * Erases a user's own message.
   * @returns the tombstone
   * @throws {ApiError} MESSAGE_NOT_FOUND, CHAT_NOT_FOUND where the chat is closed
   */
  async erase({ userId, chatId, messageId, changed }: Omit<MessageChange, 'messageKey'>): Promise<Message> {
    // Noted first: whatever dies after the erasure, its bytes do not come back with an older backup.
    if (this.own(userId, chatId, messageId).deleted_at === null)
      await this.ledger.record('message', [messageId]);
    return new Promise((done, failed) => {
      const work = (): (() => void) => {
        if (this.writer.isClosed(chatId)) throw new ApiError('CHAT_NOT_FOUND');
        const row = this.own(userId, chatId, messageId);
        if (row.deleted_at !== null) return () => done(describe(chatId, row));
        const tombstone = this.tombstone(chatId, row, Math.min(Date.now(), row.expires_at ?? Infinity));
        return () => {
          this.truncation.request();
          changed(tombstone);
          done(tombstone);
        };
      };
      this.writer.change([chatId], work, failed);
    });
  }

  /** Returns messages that have expired and are not erased yet, the earliest first. */
  async expired(most: number): Promise<Expiry[]> {
    const due = this.repository.expired(Date.now(), most);
    const stale: typeof due = [];
    const expiries = due.flatMap((entry) => {
      const { expires_at, ref, seq, chat_id } = entry;
      const row = chat_id ? this.repository.bySeq(ref, seq) : undefined;
      // Of a chat that was erased, or whose number another one has now.
      if (!chat_id || row?.expires_at !== expires_at) {
        stale.push(entry);
        return [];
      }
      const chatId = bytesToUuid(chat_id);
      const others = [...this.states.get(chatId).marks.keys()];
      const userIds = [...new Set([bytesToUuid(row.sender_id), ...others])];
      return [{ chatId, seq, expiresAt: expires_at, userIds }];
    });
    if (stale.length > 0)
      await this.change([], () => {
        for (const { ref, seq, expires_at } of stale) this.repository.deleteExpiry(ref, seq, expires_at);
        return () => undefined;
      });
    return expiries;
  }

  /** Erases expired messages. @param changed is called with each tombstone after the commit */
  expire(expiries: readonly Expiry[], changed: (tombstone: Message) => void): Promise<void> {
    return this.change([...new Set(expiries.map(({ chatId }) => chatId))], () => {
      const tombstones = expiries.flatMap(({ chatId, seq, expiresAt }) => {
        const state = this.states.get(chatId);
        const row = state.ref === undefined ? undefined : this.repository.bySeq(state.ref, seq);
        // It was deleted, or its chat was, a moment ago.
        if (row?.expires_at !== expiresAt || row.deleted_at !== null || this.writer.isClosed(chatId))
          return [];
        return [this.tombstone(chatId, row, expiresAt)];
      });
      return () => {
        this.truncation.request();
        for (const tombstone of tombstones) changed(tombstone);
      };
    });
  }

  private change(chatIds: readonly string[], work: () => () => void): Promise<void> {
    return new Promise((done, failed) => {
      const thenDone = (): (() => void) => {
        const committed = work();
        return () => {
          committed();
          done();
        };
      };
      this.writer.change(chatIds, thenDone, failed);
    });
  }

  private tombstone(chatId: string, row: MessageRow, deletedAt: number): Message {
    const rev = this.states.erase(this.states.get(chatId), row, deletedAt);
    return describe(chatId, { ...row, deleted_at: deletedAt, rev });
  }

  private own(userId: string, chatId: string, messageId: string): MessageRow {
    const { ref } = this.states.get(chatId);
    const id = uuidToBytes(messageId);
    const row = ref === undefined ? undefined : this.repository.bySeq(ref, seqOfMessageId(id));
    if (!row || !row.id.equals(id) || bytesToUuid(row.sender_id) !== userId)
      throw new ApiError('MESSAGE_NOT_FOUND');
    return row;
  }
}
