import type { KeyObject } from 'node:crypto';
import type { Message } from '@app/contracts/edge';
import { bytesToUuid, OpenError, openMessage } from '@app/crypto';
import type { StoredMessage } from './stored-message.js';

/** Returns a row as its readers see it; without a text a tombstone. */
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

/** Returns what readers see in the place of a row that is missing. */
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

/**
 * Opens a row. One that does not open is damaged.
 * @param chatBytes the chat's id, 16 bytes
 */
export function open(chatId: string, chatBytes: Buffer, messageKey: KeyObject, row: StoredMessage): Message {
  if (row.sealed === null && row.deleted_at !== null) return describe(chatId, row);
  try {
    if (row.sealed === null || row.deleted_at !== null) throw new OpenError();
    const text = openMessage(
      messageKey,
      {
        chatId: chatBytes,
        messageId: row.id,
        senderId: row.sender_id,
        clientMessageId: row.client_id,
        seq: row.seq,
        sentAt: row.sent_at,
      },
      row.sealed,
    );
    return describe(chatId, row, text);
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
    return { ...describe(chatId, row), deletedAt: null, damaged: true };
  }
}
