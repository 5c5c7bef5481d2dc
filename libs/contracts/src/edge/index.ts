export { ChatKeyFormatError, formatChatKey, parseChatKey } from './chat-key-text.js';
export { isEmoji } from './emoji.js';
export { ERROR_CODES, isErrorCode, type ErrorCode, type FieldError, type Problem } from './error-codes.js';
export { findChatKey, type FoundChatKey } from './find-chat-key.js';
export {
  ACTIVITY_TYPES,
  type Activity,
  type ActivityType,
  type Attachment,
  type Chat,
  type ErasureReceipt,
  type FormerMember,
  type IsoTime,
  type Member,
  type Message,
  type MessagePage,
  type Reaction,
  type Session,
  type StoredChat,
  type User,
} from './http.js';
export { LIMITS, USERNAME_PATTERN, UUID_PATTERN } from './limits.js';
export {
  SESSION_END_REASONS,
  type Ack,
  type AckError,
  type ClientEvents,
  type HandshakeRefusal,
  type MarkPayload,
  type SendPayload,
  type ServerEventPayloads,
  type ServerEvents,
  type SessionEndReason,
  type TypingPayload,
} from './socket-events.js';
export { codePoints, isSendableText, isVisibleText } from './text.js';
