import type { Chat, Member } from '@app/contracts/edge';

/** The other member of a chat, or undefined while nobody else is in it. */
export function otherMember(chat: Chat, me: string | undefined): Member | undefined {
  return chat.members.find(({ id }) => id !== me);
}

/** What a chat is called: its name, or else the other member's, or what it waits for. */
export function chatTitle(chat: Chat, me: string | undefined): string {
  return chat.name ?? otherMember(chat, me)?.username ?? lastFormer(chat) ?? 'New chat without a name';
}

/** What a member is called, whether in the chat or not any more. */
export function memberName(chat: Chat, userId: string | null): string {
  const member = chat.members.find(({ id }) => id === userId);
  const former = chat.formerMembers.find(({ id }) => id === userId);
  return member?.username ?? former?.username ?? 'Deleted account';
}

/** What the last line of a chat says in the list. */
export function lastLine(chat: Chat, me: string | undefined): string {
  const message = chat.lastMessage;
  if (!message) return otherMember(chat, me) ? 'No messages yet' : 'Waiting for the other person';
  if (message.damaged) return 'A message that cannot be read';
  if (message.deletedAt !== null) return 'Message deleted';
  const text = (message.text ?? '').slice(0, 200).replace(/\s+/gu, ' ').trim();
  return message.senderId === me ? `You: ${text}` : text;
}

function lastFormer(chat: Chat): string | undefined {
  return chat.formerMembers.at(-1)?.username ?? undefined;
}
