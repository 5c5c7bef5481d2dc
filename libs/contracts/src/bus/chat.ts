import { z } from 'zod';
import { ActivityEvent, ServiceHealth } from './auth.js';
import { ChatKeyText, ChatName, Id, MessageTtl, Time } from './fields.js';

/** A chat as chat knows it: no messages, no user names. */
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
    summary: 'Makes a chat with its key; the user is its first member',
    request: z.strictObject({ userId: Id, name: ChatName.nullable().default(null) }),
    reply: z.strictObject({ chat: BusChat, key: z.string() }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'LIMIT_REACHED'],
  },
  'chat.join': {
    summary: 'Joins the chat of this key; again by a member: the same answer with joined false',
    request: z.strictObject({ userId: Id, key: ChatKeyText }),
    reply: z.strictObject({ chat: BusChat, joined: z.boolean() }),
    errors: ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'CHAT_NOT_FOUND', 'CHAT_FULL', 'LIMIT_REACHED'],
  },
  'chat.list': {
    summary: 'Lists the chats of a user by id, a page at a time',
    request: z.strictObject({
      userId: Id,
      after: Id.nullable().default(null),
      limit: z.number().int().min(1).max(500).default(500),
    }),
    reply: z.strictObject({ chats: z.array(BusChat), hasMore: z.boolean() }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.get': {
    summary: 'Gives one chat to a member',
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
    summary: 'Gives the key to a member and notes it in their activity',
    request: z.strictObject({ userId: Id, chatId: Id, sessionId: SessionId }),
    reply: z.strictObject({ key: z.string() }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.leave': {
    summary: 'Takes a member out; the last one to leave erases the chat (erased true)',
    request: z.strictObject({ userId: Id, chatId: Id, sessionId: SessionId }),
    reply: z.strictObject({ erased: z.boolean() }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.delete': {
    summary:
      'Destroys the chat with its key and scrubs the file, then answers; again within 24 h by one who was a member: the same answer',
    request: z.strictObject({ userId: Id, chatId: Id, sessionId: SessionId }),
    reply: z.strictObject({ chatId: Id, memberIds: z.array(Id), keyDestroyedAt: Time }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.access': {
    summary:
      'Says who the members are and gives the message key (base64), for the gateway only; `also` names more chats, of which those of the user are in `others`',
    request: ByMember.extend({ also: z.array(Id).max(500).optional() }),
    reply: z.strictObject({
      ...Access,
      others: z.array(z.strictObject({ chatId: Id, ...Access })).optional(),
    }),
    errors: ['VALIDATION_FAILED', 'CHAT_NOT_FOUND'],
  },
  'chat.peers': {
    summary: 'Names those who share a chat with a user, by id, a page at a time',
    request: z.strictObject({ userId: Id, after: Id.nullable().default(null) }),
    reply: z.strictObject({ userIds: z.array(Id), hasMore: z.boolean() }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.members.list': {
    summary: 'Names all who are in some chat, by id, a page at a time, for the look for deleted users',
    request: z.strictObject({ after: Id.nullable().default(null) }),
    reply: z.strictObject({ userIds: z.array(Id), hasMore: z.boolean() }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.members.remove': {
    summary: 'Takes a user who does not exist any more out of every chat, as event.user.deleted does',
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({}),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.activity.list': {
    summary: "Lists what chat knows of a user's activity, newest first, at most 200",
    request: z.strictObject({ userId: Id }),
    reply: z.strictObject({ events: z.array(ActivityEvent) }),
    errors: ['VALIDATION_FAILED'],
  },
  'chat.health': {
    summary: 'Answers when its database answers',
    request: z.strictObject({}),
    reply: ServiceHealth,
    errors: [],
  },
} as const;
