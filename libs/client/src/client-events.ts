import type { Chat, Message, User } from '@app/contracts/edge';
import type { ConnectionState, SignedOutReason } from './connection.js';

/** What a ChatClient tells. */
export interface ChatClientEvents {
  /** The state changed. `reason` comes with `signed-out` when the server ended the session, not this client. */
  state: { readonly state: ConnectionState; readonly reason?: SignedOutReason };
  /** The list of chats, or anything in it (names, members, marks, presence, unread), changed. */
  chats: readonly Chat[];
  /** Who is writing in a chat changed; ids of others. */
  typing: { readonly chatId: string; readonly userIds: readonly string[] };
  /**
   * A message arrived just now that this client did not send: for notifications. Those that came while the
   * connection was away are not told here; `follow` and timelines have them all.
   */
  message: Message;
  /** A chat is gone for this user: deleted for everybody, or left. */
  'chat-removed': { readonly chatId: string };
  /** A message was deleted for everybody; its tombstone. */
  'message-deleted': Message;
  /**
   * A message as it is now: it came, was stored, changed or deleted; own ones too. What happened while the connection
   * was away is not told here.
   */
  'message-changed': Message;
  /** Something between here and the server began (true) or ceased to answer in its place. */
  intercepted: boolean;
  /**
   * Another user is signed in by now, from another tab of this browser: the client has stopped. What the one before
   * left unsent stays stored for them.
   */
  'other-user': User;
  /** The unsent messages of a chat changed. */
  outbox: { readonly chatId: string };
}
