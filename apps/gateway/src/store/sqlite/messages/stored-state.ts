import type { StoredMessage } from '../../stored-message.js';

/** A row of the table `messages`. */
export interface MessageRow extends StoredMessage {
  readonly row: number;
  /** The revision that it was sent with. */
  readonly first_rev: number;
}

/** A chat's line in the message store. */
export interface StoredHead {
  readonly ref: number;
  readonly last_seq: number;
  readonly last_at: number;
  /** -1 in a chat that was stored before there were revisions and has not changed since. */
  readonly last_rev: number;
  readonly seals: number;
  /** How many messages are no tombstones; negative where that is not counted yet. */
  readonly live: number;
}

/** How far a member received and read; `unread` and `own` are -1 where they have to be counted anew. */
export interface StoredMark {
  readonly user_id: Buffer;
  readonly delivered: number;
  readonly read: number;
  readonly unread: number;
  /** How many of their own messages are no tombstones, up to `counted`. */
  readonly own: number;
  readonly counted: number;
}

/** The columns of `messages` but for the row's number. */
export const ALL_COLUMNS =
  'ref, seq, id, sender_id, client_id, sent_at, deleted_at, sealed, first_rev, reply_to, edited_at, expires_at, reactions, first_content';

/**
 * Makes a blank row of a row in place: it becomes shorter, so it stays where it is and nothing of it is copied. Its own
 * number makes it unique.
 */
export const BLANK_ROW = `UPDATE messages SET ref = -row, seq = 0, id = x'', sender_id = x'', client_id = x'',
  sent_at = 0, deleted_at = NULL, sealed = NULL, first_rev = NULL, reply_to = NULL, edited_at = NULL,
  expires_at = NULL, reactions = NULL, first_content = NULL WHERE row = ?`;
