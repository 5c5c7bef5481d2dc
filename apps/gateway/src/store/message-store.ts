import type { KeyObject } from 'node:crypto';
import type { Message, MessagePage, StoredChat } from '@app/contracts/edge';
import type { ApiError } from '@app/platform';

/** A chat, and the key that opens its messages. */
export interface KeyedChat {
  readonly chatId: string;
  readonly messageKey: KeyObject;
}

/** A message to be stored. */
export interface NewMessage extends KeyedChat {
  readonly memberIds: readonly string[];
  readonly senderId: string;
  readonly clientMessageId: string;
  readonly text: string;
  /** The id of the message that it answers. */
  readonly replyTo: string | null;
  /** After how many seconds it disappears. */
  readonly messageTtl: number | null;
  /** Asked right before the message is stored, however long it has waited; what it returns refuses the message. */
  readonly refusal: () => ApiError | undefined;
  /**
   * Called after the commit, in seq order within a chat.
   * @param repeat whether this sender stored the same message under its client id before
   */
  readonly stored: (message: Message, repeat: boolean) => void;
  /** Called with a `ApiError` (IDEMPOTENCY_CONFLICT, CHAT_NOT_FOUND, ...) or what went wrong; nothing was stored then. */
  readonly failed: (error: unknown) => void;
}

/** A change of a message by a user. */
export interface MessageChange extends KeyedChat {
  readonly userId: string;
  readonly messageId: string;
  /** Called after the commit where the message has changed, in rev order among all changes of the chat. */
  readonly changed: (message: Message) => void;
}

/** A message whose time has come. */
export interface Expiry {
  readonly chatId: string;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** The users whom the store knows of the chat, the sender first. */
  readonly userIds: readonly string[];
}

/**
 * Where a page of history lies: before a seq, after one, or in between; without either the newest page. With
 * `changedAfter`, what has a greater rev, ascending by rev.
 */
export interface PageQuery {
  readonly changedAfter?: number | undefined;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

/** How far a member has received and read. */
export interface MemberReceipts {
  readonly deliveredSeq: number;
  readonly readSeq: number;
  /** How many messages of others with a text stand above `readSeq`. */
  readonly unread: number;
}

/** What a chat's list entry needs of its messages. */
export interface ChatHead {
  readonly lastSeq: number;
  readonly lastRev: number;
  /** When its last message was sent, in milliseconds since 1970; 0 where there is none. */
  readonly lastAt: number;
  /** The message with `lastSeq`, also as a tombstone. */
  readonly lastMessage: Message | null;
  /** The receipts of the users asked for, by their ids. */
  readonly receipts: ReadonlyMap<string, MemberReceipts>;
}

/** What was erased of a chat, and when nothing of it was left. */
export interface ErasedChat {
  readonly messagesErased: number;
  /** Milliseconds since 1970. */
  readonly erasedAt: number;
}

/**
 * The messages at rest, sealed. Several callers use it at once; whatever a method has answered is on disk. A store that
 * does not answer throws, and `toApiError` makes SERVICE_UNAVAILABLE of it.
 */
export abstract class MessageStore {
  /**
   * Stores a message with the next seq of its chat. Messages are committed in groups; those of one caller to one chat
   * keep their order. By callback, since no promise is made on the path of a message.
   */
  abstract append(message: NewMessage): void;

  /**
   * Returns a message, the tombstone too.
   * @throws {ApiError} MESSAGE_NOT_FOUND
   */
  abstract message(chat: KeyedChat, messageId: string): Promise<Message>;

  /** Returns a page of history; between seqs, one without a row is a damaged message. */
  abstract page(chat: KeyedChat, query: PageQuery): Promise<MessagePage>;

  /**
   * Returns the heads of some chats, in their order.
   * @param chats each with the users whose receipts are wanted
   */
  abstract heads(
    chats: readonly (KeyedChat & { readonly userIds: readonly string[] })[],
  ): Promise<ChatHead[]>;

  /** Returns the sealed bytes of a chat's last messages as base64. */
  abstract sealedBytes(chatId: string, count: number): Promise<StoredChat['messages']>;

  /**
   * Moves how far a member has received or read; never back, never beyond the end.
   * @returns the receipts after the commit, and whether they have changed
   * @throws {ApiError} CHAT_NOT_FOUND where the chat is closed
   */
  abstract moveReceipts(
    chatId: string,
    userId: string,
    kind: 'delivered' | 'read',
    seq: number,
  ): Promise<{ receipts: MemberReceipts; changed: boolean }>;

  /** Deletes the receipts of a member who left a chat: should they join again, they begin at 0. */
  abstract deleteReceipts(chatId: string, userId: string): Promise<void>;

  /**
   * Erases the text of a user's own message; a tombstone stays. Its bytes leave the disk within 5 s.
   * @returns the tombstone; again: the same
   * @throws {ApiError} MESSAGE_NOT_FOUND, CHAT_NOT_FOUND where the chat is closed
   */
  abstract eraseMessage(change: Omit<MessageChange, 'messageKey'>): Promise<Message>;

  /**
   * Puts another text in the place of a user's own message's; the old text's bytes leave the disk within 5 s. The same
   * text changes nothing.
   * @throws {ApiError} MESSAGE_NOT_FOUND (another's, a tombstone, a damaged one), EDIT_TOO_LATE, CHAT_NOT_FOUND
   */
  abstract edit(change: MessageChange, text: string): Promise<Message>;

  /**
   * Sets a user's reaction to a message, or removes it. The same emoji, or none to remove, changes nothing.
   * @param emoji null removes it
   * @throws {ApiError} MESSAGE_NOT_FOUND (a tombstone, a damaged one), CHAT_NOT_FOUND
   */
  abstract react(change: MessageChange, emoji: string | null): Promise<Message>;

  /** Returns messages that have expired and are not erased yet, the earliest first. */
  abstract expired(most: number): Promise<Expiry[]>;

  /**
   * Erases expired messages; tombstones stay.
   * @param changed as `MessageChange.changed`
   */
  abstract expire(expiries: readonly Expiry[], changed: (tombstone: Message) => void): Promise<void>;

  /**
   * Erases all that is stored of a chat, which stays closed. Whoever asks while it is under way, or within 24 h after
   * it, gets the same answer. After a crash the next start goes on with it.
   */
  abstract eraseChat(chatId: string): Promise<ErasedChat>;

  /** Erases what a deleted user wrote; tombstones stay. What they send from now on is refused. */
  abstract eraseSender(userId: string): Promise<void>;

  /** Closes a chat: nothing is stored in it any more, also nothing that waits already. */
  abstract close(chatId: string): void;

  /** Opens a chat again whose erasure was refused. */
  abstract reopen(chatId: string): void;

  /** Whether a chat is closed. */
  abstract isClosed(chatId: string): boolean;

  /** Resolves when all that waits to be stored is committed and answered. */
  abstract drain(): Promise<void>;

  /** Whether the store can be read and written now. */
  abstract isHealthy(): Promise<boolean>;
}
