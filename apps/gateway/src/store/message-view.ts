import type { Message } from '@app/contracts/edge';
import { bytesToUuid } from '@app/crypto';
import type { StoredMessage } from './sqlite/stored-message.js';

/** A row as its readers see it; without a text a tombstone. */
export function describe(chatId: string, row: StoredMessage, text: string | null = null): Message {
  return {
    id: bytesToUuid(row.id),
    chatId,
    seq: row.seq,
    senderId: bytesToUuid(row.sender_id),
    clientMessageId: bytesToUuid(row.client_id),
    text,
    sentAt: new Date(row.sent_at).toISOString(),
    deletedAt: row.deleted_at === null ? null : new Date(row.deleted_at).toISOString(),
    damaged: false,
  };
}

/** The place of a row that is not there. */
export function missing(chatId: string, seq: number): Message {
  return {
    id: null,
    chatId,
    seq,
    senderId: null,
    clientMessageId: null,
    text: null,
    sentAt: null,
    deletedAt: null,
    damaged: true,
  };
}
