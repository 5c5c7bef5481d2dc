import type { ErasureReceipt } from '@app/contracts/edge';
import type { DraftStorage } from './drafts';

const PREFIX = 'secure-chat.receipts.';
/** The maximum number of stored receipts. */
const KEPT = 20;

/** The erasure receipts of a user, stored in this browser until they sign out, so that a reload keeps them. */
export class Receipts {
  constructor(private readonly storage: DraftStorage | null) {}

  /** By chat id, the oldest first. */
  load(userId: string): ReadonlyMap<string, ErasureReceipt> {
    try {
      const kept = JSON.parse(this.storage?.getItem(PREFIX + userId) ?? '[]') as readonly unknown[];
      return new Map(kept.filter(isReceipt).map((receipt) => [receipt.chatId, receipt]));
    } catch {
      return new Map(); // refused, or not written by this class
    }
  }

  /** Stores the latest receipts. */
  save(userId: string, receipts: ReadonlyMap<string, ErasureReceipt>): void {
    try {
      this.storage?.setItem(PREFIX + userId, JSON.stringify([...receipts.values()].slice(-KEPT)));
    } catch {
      // Full or forbidden: they are lost with the page.
    }
  }

  /** Discards the receipts of a user. */
  clear(userId: string): void {
    try {
      this.storage?.removeItem(PREFIX + userId);
    } catch {
      // Forbidden: nothing is stored.
    }
  }
}

function isReceipt(value: unknown): value is ErasureReceipt {
  const { chatId, keyDestroyedAt, erasedAt, messagesErased } = (value ?? {}) as Partial<ErasureReceipt>;
  return (
    [chatId, keyDestroyedAt, erasedAt].every((field) => typeof field === 'string') &&
    typeof messagesErased === 'number'
  );
}
