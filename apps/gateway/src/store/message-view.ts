import type { KeyObject } from 'node:crypto';
import type { Message, Reaction } from '@app/contracts/edge';
import { bytesToUuid, OpenError, openMessage, type MessageContext } from '@app/crypto';
import { openReactions } from './reactions.js';
import type { StoredMessage } from './stored-message.js';

/** Returns a row as its readers see it; without a text a tombstone. */
export function describe(
  chatId: string,
  row: StoredMessage,
  text: string | null = null,
  reactions: readonly Reaction[] = [],
): Message {
  return {
    id: bytesToUuid(row.id),
    chatId,
    seq: row.seq,
    rev: row.rev,
    senderId: bytesToUuid(row.sender_id),
    clientMessageId: bytesToUuid(row.client_id),
    text,
    replyTo: row.reply_to === null ? null : bytesToUuid(row.reply_to),
    attachments: [],
    reactions,
    sentAt: new Date(row.sent_at).toISOString(),
    editedAt: timeOf(row.edited_at),
    expiresAt: timeOf(row.expires_at),
    deletedAt: timeOf(row.deleted_at),
    damaged: false,
  };
}

function timeOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Returns what readers see in the place of a row that is missing. */
export function missing(chatId: string, seq: number): Message {
  return {
    id: null,
    chatId,
    seq,
    rev: null,
    senderId: null,
    clientMessageId: null,
    text: null,
    replyTo: null,
    attachments: [],
    reactions: [],
    sentAt: null,
    editedAt: null,
    expiresAt: null,
    deletedAt: null,
    damaged: true,
  };
}

/** What a row's text is bound to. @param chatId 16 bytes */
export function contextOf(
  chatId: Buffer,
  row: Omit<StoredMessage, 'rev' | 'deleted_at' | 'sealed' | 'reactions' | 'first_content'>,
): MessageContext {
  return {
    chatId,
    messageId: row.id,
    senderId: row.sender_id,
    clientMessageId: row.client_id,
    seq: row.seq,
    sentAt: row.sent_at,
    replyTo: row.reply_to,
    expiresAt: row.expires_at,
    editedAt: row.edited_at,
  };
}

/**
 * Opens a row. One that does not open is damaged; one that has expired is its tombstone, erased or not.
 * @param chatBytes the chat's id, 16 bytes
 */
export function open(chatId: string, chatBytes: Buffer, messageKey: KeyObject, row: StoredMessage): Message {
  const expired = row.expires_at !== null && row.expires_at <= Date.now();
  if (row.sealed === null ? row.deleted_at !== null : expired && row.deleted_at === null)
    return describe(chatId, { ...row, deleted_at: row.deleted_at ?? row.expires_at });
  try {
    if (row.sealed === null || row.deleted_at !== null) throw new OpenError();
    const text = openMessage(messageKey, contextOf(chatBytes, row), row.sealed);
    const bound = { chatId: chatBytes, messageId: row.id, messageKey };
    return describe(chatId, row, text, openReactions(bound, row.reactions));
  } catch (error) {
    if (!(error instanceof OpenError)) throw error;
    return { ...describe(chatId, row), deletedAt: null, damaged: true };
  }
}
