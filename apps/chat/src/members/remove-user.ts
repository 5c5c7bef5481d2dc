import { Injectable } from '@nestjs/common';
import { LruMap } from '@app/platform';
import { ChatErasure, type ErasedBy } from '../erasure/erase-chat.js';
import { ChatStore, type ChatTransaction } from '../store/chat-store.js';
import { ChatLeaving, type Left } from './leave-chat.js';

/** How many rows removing a user from one chat touches. */
const ROWS_PER_CHAT = 10;

/** Removes deleted users from every chat. */
@Injectable()
export class UserRemoval {
  private readonly running = new Map<string, Promise<void>>();
  /** Users whose removal is done: the event is repeated until every service has confirmed it. */
  private readonly removed = new LruMap<string, true>(10_000);

  constructor(
    private readonly store: ChatStore,
    private readonly leaving: ChatLeaving,
    private readonly erasure: ChatErasure,
  ) {}

  /** Does this service's part of an account's deletion, once at a time; a repeat finishes what was interrupted. */
  remove(userId: string): Promise<void> {
    if (this.removed.get(userId)) return Promise.resolve();
    let running = this.running.get(userId);
    if (!running) {
      running = this.removeNow(userId).finally(() => this.running.delete(userId));
      this.running.set(userId, running);
    }
    return running;
  }

  private async removeNow(userId: string): Promise<void> {
    // First: later joins are refused then, and what was written before is removed below.
    await this.store.transaction(({ deletedUsers }) => deletedUsers.add(userId));
    const by = { userId, sessionId: null, isRecorded: false };
    const batches = this.store.batches();
    let chats: { chatId: string; left: Left }[];
    do {
      chats = await batches.run((transaction, rows) =>
        this.removeFromSome(transaction, by, Math.ceil(rows / ROWS_PER_CHAT)),
      );
      for (const { chatId, left } of chats) this.leaving.afterCommit(chatId, by, left);
    } while (chats.length > 0);
    await this.store.transaction(({ activity }) => activity.deleteByUser(userId));
    await this.erasure.finish({ otherRows: true });
    this.removed.set(userId, true);
  }

  private async removeFromSome(
    transaction: ChatTransaction,
    by: ErasedBy,
    limit: number,
  ): Promise<{ chatId: string; left: Left }[]> {
    const chats: { chatId: string; left: Left }[] = [];
    for (const chatId of await transaction.members.chatsOf(by.userId, limit))
      chats.push({ chatId, left: await this.leaving.remove(transaction, chatId, by) });
    return chats;
  }
}
