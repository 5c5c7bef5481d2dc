import type { Chat, Member } from '@app/contracts/edge';

/** What stands for people and chats that have no name of their own, and for messages without a text. */
export const CHAT_WORDS = {
  unnamed: 'Unnamed chat',
  you: 'You',
  otherPerson: 'The other person',
  deletedAccount: 'Deleted account',
  noMessages: 'No messages yet',
  waiting: 'Waiting for the other person',
  unreadable: "This message can't be read",
  deleted: 'Message deleted',
  typing: 'is typing',
} as const;

/** The other member of a chat, or undefined while nobody else is in it. */
export function otherMember(chat: Chat, me: string | undefined): Member | undefined {
  return chat.members.find(({ id }) => id !== me);
}

/** What a chat is called: its name, or else the other member's, or what it waits for. */
export function chatTitle(chat: Chat, me: string | undefined): string {
  return chat.name ?? otherMember(chat, me)?.username ?? lastFormer(chat) ?? CHAT_WORDS.unnamed;
}

/** What a member is called, whether in the chat or not any more. */
export function memberName(chat: Chat, userId: string | null): string {
  const member = chat.members.find(({ id }) => id === userId);
  const former = chat.formerMembers.find(({ id }) => id === userId);
  return member?.username ?? former?.username ?? CHAT_WORDS.deletedAccount;
}

/** What the last line of a chat says in the list. */
export function lastLine(chat: Chat, me: string | undefined): string {
  const message = chat.lastMessage;
  if (!message) return otherMember(chat, me) ? CHAT_WORDS.noMessages : CHAT_WORDS.waiting;
  if (message.damaged) return CHAT_WORDS.unreadable;
  if (message.deletedAt !== null) return CHAT_WORDS.deleted;
  const text = (message.text ?? '').slice(0, 200).replace(/\s+/gu, ' ').trim();
  return message.senderId === me ? `${CHAT_WORDS.you}: ${text}` : text;
}

function lastFormer(chat: Chat): string | undefined {
  return chat.formerMembers.at(-1)?.username ?? undefined;
}
