import type { ErrorCode } from './error-codes.js';
import type { Chat, Member, Message } from './http.js';

/** The error in an acknowledgement; `retryAfter` is in seconds. */
export interface AckError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfter?: number;
}

/** The acknowledgement of an event: its result or its error. */
export type Ack<T extends object = object> =
  ({ readonly ok: true } & T) | { readonly ok: false; readonly error: AckError };

/** The `data` of the `connect_error` for a refused handshake. */
export interface HandshakeRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A message to store. */
export interface SendPayload {
  readonly chatId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly replyTo?: string | null;
}

/** The position up to which a member has received or read. */
export interface MarkPayload {
  readonly chatId: string;
  readonly seq: number;
}

/** Whether a member is typing. */
export interface TypingPayload {
  readonly chatId: string;
  readonly typing: boolean;
}

/** The reasons a session ends. */
export const SESSION_END_REASONS = [
  'logged-out',
  'revoked',
  'password-changed',
  'account-deleted',
  'expired',
] as const;

/** Why a session ended. */
export type SessionEndReason = (typeof SESSION_END_REASONS)[number];

/** The events that a client emits, each with its acknowledgement. */
export interface ClientEvents {
  'message:send': (payload: SendPayload, ack: (answer: Ack<{ readonly message: Message }>) => void) => void;
  'message:delivered': (payload: MarkPayload, ack: (answer: Ack) => void) => void;
  'message:read': (payload: MarkPayload, ack: (answer: Ack) => void) => void;
  typing: (payload: TypingPayload, ack: (answer: Ack) => void) => void;
}

/** The payload of each event that the server emits. */
export interface ServerEventPayloads {
  'message:new': { readonly message: Message };
  'message:updated': { readonly message: Message };
  'message:deleted': { readonly message: Message };
  receipt: {
    readonly chatId: string;
    readonly userId: string;
    readonly deliveredSeq: number;
    readonly readSeq: number;
  };
  typing: { readonly chatId: string; readonly userId: string; readonly typing: boolean };
  presence: { readonly userId: string; readonly online: boolean; readonly lastSeenAt: string | null };
  'chat:joined': { readonly chat: Chat };
  'chat:member-joined': { readonly chatId: string; readonly member: Member };
  'chat:member-left': { readonly chatId: string; readonly userId: string };
  'chat:updated': { readonly chat: Chat };
  'chat:deleted': { readonly chatId: string };
  'session:ended': { readonly reason: SessionEndReason };
}

/** The events that the server emits. */
export type ServerEvents = {
  [Name in keyof ServerEventPayloads]: (payload: ServerEventPayloads[Name]) => void;
};
