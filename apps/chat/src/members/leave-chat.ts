import { Injectable } from '@nestjs/common';
import type { EventPayload } from '@app/contracts/bus';
import { BusClient } from '@app/platform';
import { requireMember } from '../chats/membership-rules.js';
import { ChatErasure, type ErasedBy } from '../erasure/erase-chat.js';
import { ChatStore, type ChatTransaction } from '../store/chat-store.js';

/** The event that a member has left, or undefined where the last one did and the chat was erased. */
export type Left = EventPayload<'event.chat.member.left'> | undefined;

/** Lets members leave chats. */
@Injectable()
export class ChatLeaving {
  constructor(
    private readonly store: ChatStore,
    private readonly erasure: ChatErasure,
    private readonly bus: BusClient,
  ) {}

  /**
   * Removes a member; the last one to leave erases the chat.
   * @returns whether it was erased
   * @throws {ApiError} CHAT_NOT_FOUND, SERVICE_UNAVAILABLE while the store cannot be scrubbed
   */
  async leave(chatId: string, userId: string, sessionId: string | null): Promise<boolean> {
    await requireMember(this.store.members, chatId, userId);
    const by = { userId, sessionId, isRecorded: true };
    const left = await this.store.transaction(async (transaction) => {
      await requireMember(transaction.members, chatId, userId);
      return this.remove(transaction, chatId, by);
    });
    this.afterCommit(chatId, by, left);
    if (!left) await this.erasure.finish();
    return left === undefined;
  }

  /** Removes a member within a transaction; `afterCommit` follows, and the erasure's `finish` where the chat is erased. */
  async remove(transaction: ChatTransaction, chatId: string, by: ErasedBy): Promise<Left> {
    const { userId } = by;
    const memberIds = (await transaction.members.idsOf(chatId)).filter((id) => id !== userId);
    if (memberIds.length === 0) {
      await this.erasure.erase(transaction, chatId, by);
      return undefined;
    }
    const at = Date.now();
    await transaction.members.remove(chatId, userId, at);
    return { chatId, userId, memberIds, at: new Date(at).toISOString() };
  }

  /** Publishes that a member has left, or does what follows an erasure. */
  afterCommit(chatId: string, by: ErasedBy, left: Left): void {
    if (left) this.bus.publish('event.chat.member.left', left);
    else this.erasure.afterCommit(chatId, by);
  }
}
