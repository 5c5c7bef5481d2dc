import type { StoredMessage } from '../../stored-message.js';

/** A row of the table `messages`. */
export interface MessageRow extends StoredMessage {
  readonly row: number;
}

/** A chat's line in the message store. */
export interface StoredHead {
  readonly ref: number;
  readonly last_seq: number;
  readonly last_at: number;
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
