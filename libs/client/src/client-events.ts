import type { Chat, Message, User } from '@app/contracts/edge';
import type { ConnectionState, SignedOutReason } from './connection.js';

/** The events of a ChatClient. */
export interface ChatClientEvents {
  /** The state changed. `reason` comes with `signed-out` when the server ended the session, not this client. */
  state: { readonly state: ConnectionState; readonly reason?: SignedOutReason };
  /** The list of chats, or anything in it (names, members, receipts, presence, unread), changed. */
  chats: readonly Chat[];
  /** The other members who are typing in a chat changed. */
  typing: { readonly chatId: string; readonly userIds: readonly string[] };
  /**
   * A message arrived that this client did not send: for notifications. Messages from while there was no connection
   * cause no event; `follow` and timelines have all of them.
   */
  message: Message;
  /** A chat is gone for this user: deleted for all members, or left. */
  'chat-removed': { readonly chatId: string };
  /**
   * A message as it is now: it arrived, was stored, edited, reacted to or deleted; own messages too. Changes during a lost
   * connection cause no event.
   */
  'message-changed': Message;
  /** A message was deleted for everybody; its tombstone. */
  'message-deleted': Message;
  /** A proxy started (true) or stopped answering instead of the server. */
  intercepted: boolean;
  /**
   * Another user has signed in, in another tab of this browser: the client has stopped. The unsent messages of the
   * previous user stay stored for them.
   */
  'other-user': User;
  /** The unsent messages of a chat changed. */
  outbox: { readonly chatId: string };
}
