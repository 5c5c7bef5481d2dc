/** A time as ISO 8601 UTC with milliseconds. */
export type IsoTime = string;

/** A user. */
export interface User {
  readonly id: string;
  readonly username: string;
  readonly createdAt: IsoTime;
}

/** A member of a chat. */
export interface Member {
  readonly id: string;
  readonly username: string;
  readonly joinedAt: IsoTime;
  readonly online: boolean;
  readonly lastSeenAt: IsoTime | null;
  readonly deliveredSeq: number;
  readonly readSeq: number;
}

/** A former member; the username is null once the account is deleted. */
export interface FormerMember {
  readonly id: string;
  readonly username: string | null;
  readonly leftAt: IsoTime;
}

/** A member's reaction to a message: one emoji. */
export interface Reaction {
  readonly userId: string;
  readonly emoji: string;
}

/** A file that goes with a message; width and height are null where they are unknown. */
export interface Attachment {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly width: number | null;
  readonly height: number | null;
}

/** A message, its tombstone, or a note that it cannot be read (`damaged`). */
export interface Message {
  readonly id: string | null;
  readonly chatId: string;
  readonly seq: number;
  /** The chat's revision of its latest change; null where the message is missing from the store. */
  readonly rev: number | null;
  readonly senderId: string | null;
  readonly clientMessageId: string | null;
  readonly text: string | null;
  /** The id of the message that this one answers. */
  readonly replyTo: string | null;
  readonly attachments: readonly Attachment[];
  readonly reactions: readonly Reaction[];
  readonly sentAt: IsoTime | null;
  readonly editedAt: IsoTime | null;
  readonly expiresAt: IsoTime | null;
  readonly deletedAt: IsoTime | null;
  readonly damaged: boolean;
}

/** A chat from the view of one of its members. */
export interface Chat {
  readonly id: string;
  readonly name: string | null;
  /** Whether it is encrypted from end to end. */
  readonly sealed: boolean;
  readonly createdAt: IsoTime;
  readonly createdBy: string;
  readonly capacity: number;
  /** After how many seconds a message that is sent now disappears, or null. */
  readonly messageTtl: number | null;
  readonly members: readonly Member[];
  readonly formerMembers: readonly FormerMember[];
  readonly lastSeq: number;
  readonly lastRev: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly lastMessage: Message | null;
}

/** The erasure receipt of a chat. */
export interface ErasureReceipt {
  readonly chatId: string;
  readonly keyDestroyedAt: IsoTime;
  readonly messagesErased: number;
  readonly erasedAt: IsoTime;
  /** When no file held a byte of it any more. */
  readonly scrubbedAt: IsoTime | null;
}

/** A session that has not ended. */
export interface Session {
  readonly id: string;
  readonly current: boolean;
  readonly createdAt: IsoTime;
  readonly lastSeenAt: IsoTime;
  readonly userAgent: string | null;
}

/** The types of events in a user's activity. */
export const ACTIVITY_TYPES = [
  'registered',
  'logged-in',
  'login-failed',
  'logged-out',
  'session-revoked',
  'password-changed',
  'reset-link-made',
  'key-revealed',
  'chat-deleted',
] as const;

/** The type of an event in a user's activity. */
export type ActivityType = (typeof ACTIVITY_TYPES)[number];

/** One event of a user's activity. */
export interface Activity {
  readonly at: IsoTime;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  readonly detail: string | null;
}

/** A page of history, ascending by seq. */
export interface MessagePage {
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
}

/** The stored bytes of a chat: sealed messages as base64, never a key. */
export interface StoredChat {
  readonly key: { readonly version: number; readonly wrappedBytes: number; readonly file: string };
  readonly messages: readonly {
    readonly seq: number;
    readonly version: number;
    readonly nonce: string;
    readonly sealed: string;
    readonly tag: string;
    readonly file: string;
  }[];
}
