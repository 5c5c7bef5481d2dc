import type { Chat, Member, Message } from '@app/contracts/edge';

/** The user whose client is looked at. */
export const ME = '00000000-0000-4000-8000-000000000001';
/** The other member. */
export const OTHER = '00000000-0000-4000-8000-000000000002';
/** The chat of both. */
export const CHAT = '00000000-0000-4000-8000-0000000000c1';

const AT = '2026-01-01T00:00:00.000Z';

/** A member of a chat. */
export function aMember(over: Partial<Member> = {}): Member {
  const nothing = { online: false, lastSeenAt: null, deliveredSeq: 0, readSeq: 0 };
  return { id: OTHER, username: 'other', joinedAt: AT, ...nothing, ...over };
}

/** A chat of ME and OTHER. */
export function aChat(over: Partial<Chat> = {}): Chat {
  return {
    id: CHAT,
    name: 'chat',
    sealed: false,
    messageTtl: null,
    createdAt: AT,
    createdBy: ME,
    capacity: 2,
    members: [aMember({ id: ME, username: 'me' }), aMember()],
    formerMembers: [],
    lastSeq: 0,
    lastRev: 0,
    readSeq: 0,
    unread: 0,
    lastMessage: null,
    ...over,
  };
}

/** A stored message by OTHER. */
export function aMessage(seq: number, over: Partial<Message> = {}): Message {
  return {
    id: uuid('a', seq),
    chatId: CHAT,
    seq,
    rev: seq,
    senderId: OTHER,
    clientMessageId: uuid('b', seq),
    text: `text ${seq}`,
    replyTo: null,
    attachments: [],
    reactions: [],
    editedAt: null,
    expiresAt: null,
    sentAt: new Date(Date.parse(AT) + seq * 1_000).toISOString(),
    deletedAt: null,
    damaged: false,
    ...over,
  };
}

/** The tombstone of `aMessage(seq)`. */
export function aTombstone(seq: number): Message {
  return aMessage(seq, { rev: seq + 1_000, text: null, deletedAt: '2026-01-02T00:00:00.000Z' });
}

/** `aMessage` for every seq from `first` to `last`. */
export function messages(first: number, last: number): readonly Message[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => aMessage(first + i));
}

function uuid(kind: string, number: number): string {
  return `00000000-0000-4000-8000-${kind}${String(number).padStart(11, '0')}`;
}
