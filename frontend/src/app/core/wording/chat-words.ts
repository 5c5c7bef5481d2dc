import type { Chat, Member } from '@app/contracts/edge';
import { beginning } from './graphemes';

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
  /** A name that could be taken for one of the program's own words. */
  nameLikeWord: (username: string) => `@${username}`,
} as const;

/** The program's own words that a username could be, without case and signs. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  [
    CHAT_WORDS.you,
    CHAT_WORDS.unnamed,
    CHAT_WORDS.otherPerson,
    CHAT_WORDS.deletedAccount,
    'Secure Chat',
    'System',
  ].map(bare),
);

/** The longest line that a list or a notification shows, in characters as a reader counts them. */
const LINE_MAX = 200;

/** What the list says below the name of a chat. */
export interface LastLine {
  /** Who wrote, where that is the reader. */
  readonly by: string;
  readonly text: string;
  /** Whether the text is the program's, not somebody's. */
  readonly note: boolean;
}

/** The other member of a chat, or undefined while nobody else is in it. */
export function otherMember(chat: Chat, me: string | undefined): Member | undefined {
  return chat.members.find(({ id }) => id !== me);
}

/** A username as it is shown: told apart from the program's own words by an @, which no username has. */
export function shownName(username: string): string {
  return OWN_WORDS.has(bare(username)) ? CHAT_WORDS.nameLikeWord(username) : username;
}

/** What a chat is called: its name, or else the other member's, or what it waits for. */
export function chatTitle(chat: Chat, me: string | undefined): string {
  if (chat.name !== null) return chat.name;
  const username = otherMember(chat, me)?.username ?? chat.formerMembers.at(-1)?.username;
  return username ? shownName(username) : CHAT_WORDS.unnamed;
}

/** What a member is called, whether in the chat or not any more. */
export function memberName(chat: Chat, userId: string | null): string {
  const member = chat.members.find(({ id }) => id === userId);
  const former = chat.formerMembers.find(({ id }) => id === userId);
  const username = member?.username ?? former?.username;
  return username ? shownName(username) : CHAT_WORDS.deletedAccount;
}

/** What the last line of a chat says in the list. */
export function lastLine(chat: Chat, me: string | undefined): LastLine {
  const message = chat.lastMessage;
  const note = (text: string): LastLine => ({ by: '', text, note: true });
  if (!message) return note(otherMember(chat, me) ? CHAT_WORDS.noMessages : CHAT_WORDS.waiting);
  if (message.damaged) return note(CHAT_WORDS.unreadable);
  if (message.deletedAt !== null) return note(CHAT_WORDS.deleted);
  return {
    by: message.senderId === me ? CHAT_WORDS.you : '',
    text: oneLine(message.text ?? ''),
    note: false,
  };
}

/** The beginning of a message's text, for a line in a list or a notification. */
export function oneLine(text: string): string {
  return beginning(text, LINE_MAX).replace(/\s+/gu, ' ').trim();
}

function bare(words: string): string {
  return words.replace(/[ ._-]/gu, '').toLowerCase();
}
