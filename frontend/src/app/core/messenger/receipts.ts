import type { ErasureReceipt } from '@app/contracts/edge';
import type { DraftStorage } from './drafts';

const PREFIX = 'secure-chat.receipts.';
/** More than anybody looks at again. */
const KEPT = 20;

/** The erasure receipts of a user, kept in this browser until they sign out: a reload does not lose them. */
export class Receipts {
  constructor(private readonly storage: DraftStorage | null) {}

  /** By chat id, the oldest first. */
  load(userId: string): ReadonlyMap<string, ErasureReceipt> {
    try {
      const kept = JSON.parse(this.storage?.getItem(PREFIX + userId) ?? '[]') as readonly unknown[];
      return new Map(kept.filter(isReceipt).map((receipt) => [receipt.chatId, receipt]));
    } catch {
      return new Map(); // refused, or written by something else
    }
  }

  /** Keeps these receipts, the latest ones. */
  save(userId: string, receipts: ReadonlyMap<string, ErasureReceipt>): void {
    try {
      this.storage?.setItem(PREFIX + userId, JSON.stringify([...receipts.values()].slice(-KEPT)));
    } catch {
      // Full or forbidden: they end with the page.
    }
  }

  /** Discards the receipts of a user. */
  clear(userId: string): void {
    try {
      this.storage?.removeItem(PREFIX + userId);
    } catch {
      // Forbidden: then nothing is kept.
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
