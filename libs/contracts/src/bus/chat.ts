import { z } from 'zod';
import { ActivityEvent, ServiceHealth } from './auth.js';
import { ChatKeyText, ChatName, Id, MessageTtl, Time } from './fields.js';

/** A chat as chat stores it, without messages and usernames. */
export const BusChat = z
  .strictObject({
    id: Id,
    name: z.string().nullable(),
    createdAt: Time,
    createdBy: Id,
    capacity: z.number().int(),
    messageTtl: z.number().int().nullable(),
    members: z.array(z.strictObject({ id: Id, joinedAt: Time })),
    formerMembers: z.array(z.strictObject({ id: Id, leftAt: Time })),
  })
  .meta({ id: 'BusChat' });

const ByMember = z.strictObject({ userId: Id, chatId: Id });
const OneChat = z.strictObject({ chat: BusChat });
const SessionId = Id.nullable().default(null);

const Access = {
  memberIds: z.array(Id),
  messageKey: z.string(),
  keyVersion: z.number().int(),
  wrappedBytes: z.number().int(),
  messageTtl: z.number().int().nullable(),
};

/** The subjects that chat answers. */
export const CHAT_SUBJECTS = {
  'chat.create': {
    summary: 'Creates a chat and its key; the user is its first member',
    request: z.strictObject({ userId: Id, name: ChatName.nullable().default(null) }),
    reply: z.strictObject({ chat: BusChat, key: z.string() }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'LIMIT_REACHED'],
  },
  'chat.join': {
    summary: 'Joins the chat of this key; for a member it returns the same chat with joined false',
    request: z.strictObject({ userId: Id, key: ChatKeyText }),
    reply: z.strictObject({ chat: BusChat, joined: z.boolean() }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'CHAT_NOT_FOUND', 'CHAT_FULL', 'LIMIT_REACHED'],
  },
  'chat.list': {
    summary: 'Lists the chats of a user by id, in pages',
    request: z.strictObject({
      userId: Id,
      after: Id.nullable().default(null),
      limit: z.number().int().min(1).max(500).default(500),
    }),
    reply: z.strictObject({ chats: z.array(BusChat), hasMore: z.boolean() }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.get': {
    summary: 'Returns a chat to a member',
    request: ByMember,
    reply: OneChat,
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.rename': {
    summary: 'Renames a chat for a member',
    request: z.strictObject({ userId: Id, chatId: Id, name: ChatName }),
    reply: OneChat,
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.timer': {
    summary: 'Sets after how many seconds the messages of a chat disappear, for a member; null for never',
    request: z.strictObject({ userId: Id, chatId: Id, messageTtl: MessageTtl }),
    reply: OneChat,
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.key.reveal': {
    summary: 'Returns the chat key to a member and records this in their activity',
    request: z.strictObject({ userId: Id, chatId: Id, sessionId: SessionId }),
    reply: z.strictObject({ key: z.string() }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.leave': {
    summary: 'Removes the user from a chat; when the last member leaves, the chat is erased (erased true)',
    request: z.strictObject({ userId: Id, chatId: Id, sessionId: SessionId }),
    reply: z.strictObject({ erased: z.boolean() }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.delete': {
    summary:
      'Erases the chat with its key, scrubs the file, then answers; a repeat by a former member within 24 h gets the same answer',
    request: z.strictObject({ userId: Id, chatId: Id, sessionId: SessionId }),
    reply: z.strictObject({ chatId: Id, memberIds: z.array(Id), keyDestroyedAt: Time }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.access': {
    summary:
      'Returns the members and the message key (base64), for the gateway only; `also` names more chats, and `others` has those of the user',
    request: ByMember.extend({ also: z.array(Id).max(500).optional() }),
    reply: z.strictObject({
      ...Access,
      others: z.array(z.strictObject({ chatId: Id, ...Access })).optional(),
    }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.peers': {
    summary: 'Lists the users who share a chat with a user, by id, in pages',
    request: z.strictObject({ userId: Id, after: Id.nullable().default(null) }),
    reply: z.strictObject({ userIds: z.array(Id), hasMore: z.boolean() }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.members.list': {
    summary: 'Lists all members of all chats by id, in pages, to find deleted users',
    request: z.strictObject({ after: Id.nullable().default(null) }),
    reply: z.strictObject({ userIds: z.array(Id), hasMore: z.boolean() }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.members.remove': {
    summary: 'Removes a user who no longer exists from every chat, as event.user.deleted does',
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({}),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.activity.list': {
    summary: "Lists the newest events of a user's activity in chat, at most 200, newest first",
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({ events: z.array(ActivityEvent) }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.health': {
    summary: 'Returns the health of the service, if its database answers',
    request: z.strictObject({}),
    reply: ServiceHealth,
    errors: [],
  },
} as const;
