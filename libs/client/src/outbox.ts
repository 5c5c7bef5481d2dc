import type { Message } from '@app/contracts/edge';
import type { ApiError } from './api-error.js';

/** A message on its way. */
export interface Sending {
  readonly clientMessageId: string;
  /**
   * Settles once the server has it on disk. Rejects with ApiError when it was definitely refused, and with
   * SERVICE_UNAVAILABLE when it was discarded unsent. Who does not look at it misses nothing: it never counts
   * as an unhandled rejection.
   */
  readonly stored: Promise<Message>;
}

/** A message of the user's own that is not stored yet. `failed`: definitely refused, waits for retry or discard. */
export interface UnsentMessage {
  readonly chatId: string;
  readonly clientMessageId: string;
  readonly text: string;
  /** When it was written, ISO 8601 UTC, by this machine's clock. */
  readonly createdAt: string;
  readonly state: 'sending' | 'failed';
  /** Why it failed. */
  readonly error: ApiError | null;
}
