import type { Chat, FormerMember, Member, Message } from '@app/contracts/edge';
import type { ServerEvent } from './connection.js';

/** The user's chats by id. Replaced, never changed. */
export type Chats = ReadonlyMap<string, Chat>;

/**
 * Returns the chats after an event. Applying an event again, or one that a fetched chat already contains, changes
 * nothing, so fetches and events may overlap.
 * @param me the user's id
 * @returns the same object if nothing changed
 */
export function applyEvent(chats: Chats, event: ServerEvent, me: string): Chats {
  switch (event.name) {
    case 'message:new':
      return update(chats, event.payload.message.chatId, (chat) =>
        withMessage(chat, event.payload.message, me),
      );
    case 'message:updated':
    case 'message:deleted':
      return update(chats, event.payload.message.chatId, (chat) => withChange(chat, event.payload.message));
    case 'receipt': {
      const { chatId, userId, deliveredSeq, readSeq } = event.payload;
      return update(chats, chatId, (chat) => withMarks(chat, userId, deliveredSeq, readSeq, me));
    }
    case 'presence':
      return [...chats.keys()].reduce(
        (all, id) => update(all, id, (chat) => withPresence(chat, event.payload)),
        chats,
      );
    case 'chat:joined':
      return new Map(chats).set(
        event.payload.chat.id,
        ownView(chats.get(event.payload.chat.id), event.payload.chat),
      );
    case 'chat:updated':
      return update(chats, event.payload.chat.id, (chat) => ownView(chat, event.payload.chat));
    case 'chat:member-joined':
      return update(chats, event.payload.chatId, (chat) => withMember(chat, event.payload.member));
    case 'chat:member-left':
      if (event.payload.userId === me) return without(chats, event.payload.chatId);
      return update(chats, event.payload.chatId, (chat) => withoutMember(chat, event.payload.userId));
    case 'chat:deleted':
      return without(chats, event.payload.chatId);
    default:
      return chats;
  }
}

/**
 * Whether an event has consequences that only the server knows, so that the chat must be fetched again.
 */
export function needsFetch(chats: Chats, event: ServerEvent, me: string): string | undefined {
  switch (event.name) {
    case 'message:new': {
      const { chatId, seq } = event.payload.message;
      return seq > (chats.get(chatId)?.lastSeq ?? 0) + 1 ? chatId : undefined;
    }
    case 'message:deleted': {
      const { chatId, seq, senderId } = event.payload.message;
      const chat = chats.get(chatId);
      return chat && senderId !== me && seq > chat.readSeq ? chatId : undefined;
    }
    case 'receipt': {
      const chat = chats.get(event.payload.chatId);
      return chat && event.payload.userId === me && event.payload.readSeq < chat.lastSeq
        ? chat.id
        : undefined;
    }
    case 'chat:member-left':
      return event.payload.userId === me ? undefined : event.payload.chatId;
    default:
      return undefined;
  }
}

/** Returns a chat with the user's read position at `seq`. At most the later messages are unread. */
export function withRead(chat: Chat, seq: number): Chat {
  const readSeq = Math.min(Math.max(chat.readSeq, seq), chat.lastSeq);
  if (readSeq === chat.readSeq) return chat;
  return { ...chat, readSeq, unread: Math.min(chat.unread, chat.lastSeq - readSeq) };
}

/**
 * Returns a chat from the server, with the user's read position from here if that is higher (it never goes back). The
 * last message of a deleted account is shown as erased, even if the server has not erased it yet.
 */
export function fetchedChat(known: Chat | undefined, fetched: Chat): Chat {
  const chat = known ? withRead(fetched, known.readSeq) : fetched;
  const lastMessage = chat.lastMessage && withoutDeletedAccount(chat.lastMessage, chat);
  return lastMessage === chat.lastMessage ? chat : { ...chat, lastMessage };
}

/** Returns a message, or its tombstone if its sender's account is deleted. */
export function withoutDeletedAccount(message: Message, chat: Chat): Message {
  if (message.deletedAt !== null || message.senderId === null) return message;
  const gone = chat.formerMembers.find(({ id, username }) => id === message.senderId && username === null);
  return gone ? { ...message, text: null, reactions: [], attachments: [], deletedAt: gone.leftAt } : message;
}

/**
 * Keeps the known object of every unchanged chat, so that listeners are not called without a change.
 * @returns `known` itself if no chat has changed
 */
export function withKnown(known: Chats, next: Chats): Chats {
  let changed = known.size !== next.size;
  const kept = new Map<string, Chat>();
  for (const [id, chat] of next) {
    const before = known.get(id);
    const same = before !== undefined && (before === chat || isSame(before, chat));
    kept.set(id, same ? before : chat);
    changed ||= !same;
  }
  return changed ? kept : known;
}

/** Whether two JSON values are equal; the order of fields does not matter. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

/** Latest activity (creation or message) first. */
export function byActivity(chats: Chats): readonly Chat[] {
  return [...chats.values()].sort((a, b) =>
    activity(a) < activity(b) ? 1 : activity(a) > activity(b) ? -1 : 0,
  );
}

function activity(chat: Chat): string {
  return chat.lastMessage?.sentAt ?? chat.createdAt;
}

function withMessage(chat: Chat, message: Message, me: string): Chat {
  if (message.seq <= chat.lastSeq) return chat;
  const counts = message.senderId !== me && message.deletedAt === null && message.seq > chat.readSeq;
  const lastRev = Math.max(chat.lastRev, message.rev ?? 0);
  return {
    ...chat,
    lastSeq: message.seq,
    lastRev,
    lastMessage: message,
    unread: chat.unread + (counts ? 1 : 0),
  };
}

function withChange(chat: Chat, message: Message): Chat {
  const lastRev = Math.max(chat.lastRev, message.rev ?? 0);
  const isLater = message.deletedAt !== null || (message.rev ?? 0) > (chat.lastMessage?.rev ?? 0);
  const isLast = message.seq === chat.lastSeq && isLater;
  if (!isLast && lastRev === chat.lastRev) return chat;
  return { ...chat, lastRev, ...(isLast && { lastMessage: message }) };
}

function withMarks(chat: Chat, userId: string, deliveredSeq: number, readSeq: number, me: string): Chat {
  const members = mapMember(chat, userId, (member) => ({
    ...member,
    deliveredSeq: Math.max(member.deliveredSeq, deliveredSeq, readSeq),
    readSeq: Math.max(member.readSeq, readSeq),
  }));
  return userId === me ? withRead({ ...chat, members }, readSeq) : { ...chat, members };
}

function withPresence(
  chat: Chat,
  {
    userId,
    online,
    lastSeenAt,
  }: { readonly userId: string; readonly online: boolean; readonly lastSeenAt: string | null },
): Chat {
  if (!chat.members.some((member) => member.id === userId)) return chat;
  return { ...chat, members: mapMember(chat, userId, (member) => ({ ...member, online, lastSeenAt })) };
}

/** Takes the fields that are the same for all members from an event's chat, and keeps those of this user. */
function ownView(known: Chat | undefined, told: Chat): Chat {
  if (!known) return told;
  const { readSeq, unread } = known;
  const { lastSeq, lastRev, lastMessage } = known.lastRev >= told.lastRev ? known : told;
  return { ...told, readSeq, unread, lastSeq, lastRev, lastMessage };
}

function withMember(chat: Chat, member: Member): Chat {
  return {
    ...chat,
    members: [...chat.members.filter(({ id }) => id !== member.id), member],
    formerMembers: chat.formerMembers.filter(({ id }) => id !== member.id),
  };
}

function withoutMember(chat: Chat, userId: string): Chat {
  const left = chat.members.find(({ id }) => id === userId);
  if (!left) return chat;
  const former: FormerMember = { id: left.id, username: left.username, leftAt: new Date().toISOString() };
  return {
    ...chat,
    members: chat.members.filter((member) => member !== left),
    formerMembers: [...chat.formerMembers, former],
  };
}

function mapMember(chat: Chat, userId: string, change: (member: Member) => Member): readonly Member[] {
  return chat.members.map((member) => (member.id === userId ? change(member) : member));
}

function update(chats: Chats, chatId: string, change: (chat: Chat) => Chat): Chats {
  const chat = chats.get(chatId);
  const changed = chat && change(chat);
  return changed === undefined || changed === chat ? chats : new Map(chats).set(chatId, changed);
}

/** Returns the chats without one. */
export function without(chats: Chats, chatId: string): Chats {
  if (!chats.has(chatId)) return chats;
  const rest = new Map(chats);
  rest.delete(chatId);
  return rest;
}
