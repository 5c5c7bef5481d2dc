import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { ChatKeys } from '../keys/chat-keys.js';
import { ChatStore } from '../store/chat-store.js';
import { requireMember } from './membership-rules.js';

/** Reveals chat keys. */
@Injectable()
export class KeyRevealing {
  constructor(
    private readonly store: ChatStore,
    private readonly keys: ChatKeys,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Reveals a chat's key to a member, and records that in their activity.
   * @returns its text form
   * @throws {ApiError} CHAT_NOT_FOUND
   */
  async reveal(chatId: string, userId: string, sessionId: string | null): Promise<string> {
    await requireMember(this.store.members, chatId, userId);
    const event = { userId, type: 'key-revealed', sessionId, chatId } as const;
    const key = await this.store.transaction(async (transaction) => {
      await requireMember(transaction.members, chatId, userId);
      await transaction.activity.add({ ...event, at: Date.now() });
      return this.keys.reveal(transaction, chatId);
    });
    this.activity.log(event);
    return key;
  }
}
