import { ActivityEvent, Id, Time, User } from '@app/contracts/bus';
import type * as edge from '@app/contracts/edge';
import { ERROR_CODES, SESSION_END_REASONS, type ErrorCode } from '@app/contracts/edge';
import { z } from 'zod';

const count = z.number().int().min(0);

/** A file that goes with a message. */
const Attachment: z.ZodType<edge.Attachment> = z.strictObject({
  id: Id,
  name: z.string(),
  type: z.string(),
  size: count,
  width: count.nullable(),
  height: count.nullable(),
});

/** A message, its tombstone, or a note that it cannot be read. */
export const Message: z.ZodType<edge.Message> = z
  .strictObject({
    id: Id.nullable(),
    chatId: Id,
    seq: z.number().int().min(1),
    rev: z.number().int().min(1).nullable(),
    senderId: Id.nullable(),
    clientMessageId: Id.nullable(),
    text: z.string().nullable(),
    replyTo: Id.nullable(),
    attachments: z.array(Attachment),
    reactions: z.array(z.strictObject({ userId: Id, emoji: z.string() })),
    sentAt: Time.nullable(),
    editedAt: Time.nullable(),
    expiresAt: Time.nullable(),
    deletedAt: Time.nullable(),
    damaged: z.boolean(),
  })
  .meta({ id: 'Message' });

/** A member of a chat. */
export const Member: z.ZodType<edge.Member> = z
  .strictObject({
    id: Id,
    username: z.string(),
    joinedAt: Time,
    online: z.boolean(),
    lastSeenAt: Time.nullable(),
    deliveredSeq: count,
    readSeq: count,
  })
  .meta({ id: 'Member' });

/** A chat from the view of one of its members. */
export const Chat: z.ZodType<edge.Chat> = z
  .strictObject({
    id: Id,
    name: z.string().nullable(),
    sealed: z.boolean(),
    createdAt: Time,
    createdBy: Id,
    capacity: count,
    messageTtl: count.nullable(),
    members: z.array(Member),
    formerMembers: z.array(z.strictObject({ id: Id, username: z.string().nullable(), leftAt: Time })),
    lastSeq: count,
    lastRev: count,
    readSeq: count,
    unread: count,
    lastMessage: Message.nullable(),
  })
  .meta({ id: 'Chat' });

/** An answer with a user. */
export const UserAnswer: z.ZodType<{ user: edge.User }> = z.strictObject({ user: User });

/** An answer with a chat. */
export const ChatAnswer: z.ZodType<{ chat: edge.Chat }> = z.strictObject({ chat: Chat });

/** An answer with a message. */
export const MessageAnswer: z.ZodType<{ message: edge.Message }> = z.strictObject({ message: Message });

/** A page of history. */
export const Page: z.ZodType<edge.MessagePage> = z.strictObject({
  messages: z.array(Message),
  hasMore: z.boolean(),
});

/** The sessions of the user. */
export const Sessions: z.ZodType<{ sessions: edge.Session[] }> = z.strictObject({
  sessions: z.array(
    z.strictObject({
      id: Id,
      current: z.boolean(),
      createdAt: Time,
      lastSeenAt: Time,
      userAgent: z.string().nullable(),
    }),
  ),
});

/** The activity of the user. */
export const Activities: z.ZodType<{ events: edge.Activity[] }> = z.strictObject({
  events: z.array(ActivityEvent),
});

/** Everything that the user may read. */
export const Export = z.strictObject({
  user: User,
  chats: z.array(z.strictObject({ chat: Chat, messages: z.array(Message) })),
});

/** The erasure receipt of a chat. */
export const Receipt: z.ZodType<{ receipt: edge.ErasureReceipt }> = z.strictObject({
  receipt: z.strictObject({
    chatId: Id,
    keyDestroyedAt: Time,
    messagesErased: count,
    erasedAt: Time,
    scrubbedAt: Time.nullable(),
  }),
});

/** The stored bytes of a chat's last messages, as base64. */
export const Stored: z.ZodType<edge.StoredChat> = z.strictObject({
  key: z.strictObject({ version: count, wrappedBytes: count, file: z.string() }),
  messages: z.array(
    z.strictObject({
      seq: count,
      version: count,
      nonce: z.base64(),
      sealed: z.base64(),
      tag: z.base64(),
      file: z.string(),
    }),
  ),
});

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/** An error over HTTP (RFC 9457). */
export const Problem: z.ZodType<edge.Problem> = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(codes),
    detail: z.string(),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).exactOptional(),
    requestId: Id,
  })
  .meta({ id: 'Problem' });

/** The payload of each event that the server emits. */
export const SERVER_EVENTS: {
  readonly [E in keyof edge.ServerEventPayloads]: z.ZodType<edge.ServerEventPayloads[E]>;
} = {
  'message:new': MessageAnswer,
  'message:updated': MessageAnswer,
  'message:deleted': MessageAnswer,
  receipt: z.strictObject({ chatId: Id, userId: Id, deliveredSeq: count, readSeq: count }),
  typing: z.strictObject({ chatId: Id, userId: Id, typing: z.boolean() }),
  presence: z.strictObject({ userId: Id, online: z.boolean(), lastSeenAt: Time.nullable() }),
  'chat:joined': ChatAnswer,
  'chat:member-joined': z.strictObject({ chatId: Id, member: Member }),
  'chat:member-left': z.strictObject({ chatId: Id, userId: Id }),
  'chat:updated': ChatAnswer,
  'chat:deleted': z.strictObject({ chatId: Id }),
  'session:ended': z.strictObject({ reason: z.enum(SESSION_END_REASONS) }),
};

/** The acknowledgement of an event that failed. */
export const AckRefusal = z.strictObject({
  ok: z.literal(false),
  error: z.strictObject({
    code: z.enum(codes),
    message: z.string(),
    retryAfter: z.number().int().exactOptional(),
  }),
});
