import type { MessageContext } from '@app/crypto';
import { blob, idBytes, type DataFolder } from '../../data-folder.js';

/** A stored message with the place it is bound to. */
export interface StoredMessage {
  readonly context: MessageContext;
  readonly sealed: Buffer;
}

/** Returns the messages of a chat that have a text, as they are stored. */
export function storedMessages(folder: DataFolder, chatId: string): StoredMessage[] {
  const sql = `SELECT m.* FROM messages m JOIN heads h ON h.ref = m.ref
    WHERE h.chat_id = ? AND m.sealed IS NOT NULL ORDER BY m.seq`;
  return folder.rows('gateway', sql, idBytes(chatId)).map((row) => ({
    context: {
      chatId: idBytes(chatId),
      messageId: blob(row, 'id'),
      senderId: blob(row, 'sender_id'),
      clientMessageId: blob(row, 'client_id'),
      seq: Number(row['seq']),
      sentAt: Number(row['sent_at']),
    },
    sealed: blob(row, 'sealed'),
  }));
}
