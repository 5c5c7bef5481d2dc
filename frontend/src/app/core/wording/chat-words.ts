import type { Chat, Member } from '@app/contracts/edge';
import { beginning } from './graphemes';

/** The texts for people and chats without a name, and for messages without a text. */
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
  /** A username that could be mistaken for one of the client's own texts. */
  nameLikeWord: (username: string) => `@${username}`,
} as const;

/** The client's own texts that a username could equal, without case and punctuation. */
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

/** The maximum length of a line in a list or a notification, in graphemes. */
const LINE_MAX = 200;

/** The line below the name of a chat in the list. */
export interface LastLine {
  /** The author, if it is the reader. */
  readonly by: string;
  readonly text: string;
  /** Whether the text is the client's, not a message. */
  readonly note: boolean;
}

/** Returns the other member of a chat, or undefined if there is none. */
export function otherMember(chat: Chat, me: string | undefined): Member | undefined {
  return chat.members.find(({ id }) => id !== me);
}

/** Returns a username for display. An @, which no username contains, distinguishes it from the client's own texts. */
export function shownName(username: string): string {
  return OWN_WORDS.has(bare(username)) ? CHAT_WORDS.nameLikeWord(username) : username;
}

/** Returns the title of a chat: its name, or else the other member's username, or a placeholder. */
export function chatTitle(chat: Chat, me: string | undefined): string {
  if (chat.name !== null) return chat.name;
  const username = otherMember(chat, me)?.username ?? chat.formerMembers.at(-1)?.username;
  return username ? shownName(username) : CHAT_WORDS.unnamed;
}

/** Returns the name of a member or former member. */
export function memberName(chat: Chat, userId: string | null): string {
  const member = chat.members.find(({ id }) => id === userId);
  const former = chat.formerMembers.find(({ id }) => id === userId);
  const username = member?.username ?? former?.username;
  return username ? shownName(username) : CHAT_WORDS.deletedAccount;
}

/** Returns the last line of a chat in the list. */
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

/** Returns the beginning of a message's text, for a line in a list or a notification. */
export function oneLine(text: string): string {
  return beginning(text, LINE_MAX).replace(/\s+/gu, ' ').trim();
}

function bare(words: string): string {
  return words.replace(/[ ._-]/gu, '').toLowerCase();
}
