import { LIMITS } from '@app/contracts/edge';
import { CHAT_WORDS } from '../../core/wording/chat-words';

/** What a conversation says. */
export const CONVERSATION_WORDS = {
  noConnection: "No connection. Your messages will be sent when you're back online.",
  goneHeading: 'This chat is gone',
  gone: 'It was deleted, or you left it somewhere else.',
  deleted:
    'This chat was deleted for both of you. Its key is destroyed and its messages are erased, here too.',
  notFoundHeading: 'Chat not found',
  notFound: "It may have been deleted, or you're not a member.",
  waitingHeading: CHAT_WORDS.waiting,
  waiting:
    "Share the chat key with them. They'll see everything here, including what you write before they join.",
  shareKey: 'Share the key',
  aloneYet: "Nobody has joined yet. Whoever does will see what's written here.",
  aloneAgain: "You're the only one here now.",
  aloneWithout: (username: string) => `${username} is no longer here and won't see what you write.`,
  emptyHeading: "It's just the two of you",
  empty: "Every message is encrypted with this chat's own key before it's stored.",
  typing: CHAT_WORDS.typing,
  copied: 'Copied',
  copyBlocked: 'Your browser blocked copying',
  loadingOlder: 'Loading older messages…',
  loadingNewer: 'Loading newer messages…',
  messages: 'Messages',
  latest: 'Jump to latest',
} as const;

/** What stands above a conversation. */
export const CHAT_HEADER_WORDS = {
  otherDeleted: 'The other account was deleted',
  left: (username: string) => `${username} left this chat`,
  online: 'online',
  offline: 'offline',
  menu: 'Chat menu',
  showKey: 'Show key',
  rename: 'Rename',
  leave: 'Leave chat',
  delete: 'Delete chat',
} as const;

/** What the box says that one writes in. */
export const COMPOSER_WORDS = {
  label: 'Message',
  placeholder: 'Write a message',
  closed: 'This chat is closed',
  send: 'Send',
  invisible: "There's nothing to see in this message.",
  count: (length: number) =>
    length > LIMITS.textMax
      ? over(length - LIMITS.textMax)
      : `${length.toLocaleString('en')} of ${LIMITS.textMax.toLocaleString('en')} characters`,
} as const;

/** What a message says of itself. */
export const MESSAGE_WORDS = {
  menu: 'Message menu',
  copy: 'Copy',
  retry: 'Retry',
  edit: 'Edit',
  discard: 'Discard',
  beginsNew: 'New',
  /** Behind a link whose address does not show the host that it opens. */
  opens: (host: string) => `(opens ${host})`,
  showMore: 'Show more',
  showLess: 'Show less',
  missing: 'A message is missing here. The server no longer has it.',
  damaged: "This message can't be read. Its stored data was changed or damaged.",
  deleted: 'This message was deleted.',
  states: { sending: 'Sending', failed: 'Failed', stored: 'Stored', delivered: 'Delivered', read: 'Read' },
} as const;

/** What the dialogs of a chat say. */
export const CHAT_DIALOG_WORDS = {
  key: 'Chat key',
  rename: 'Rename this chat',
  renameHint: (other: string) => `${other} will see it, too.`,
  leaveHeading: 'Leave this chat?',
  leave: 'Leave',
  left: 'You left the chat.',
  erased: 'Chat deleted.',
  leaveConsequences: (other: string) => [
    `You won't be able to read or write here any more. ${other} keeps what you wrote.`,
    "To rejoin, you'll need the key, and there must still be a free place.",
  ],
  leaveLast:
    "You're the last person here. Leaving permanently deletes the chat, its key and all its messages.",
  deleteHeading: 'Delete this chat for both of you?',
  deleteConsequences: (other: string) => [
    "The key is destroyed and every message, yours and theirs, is erased from the server. This can't be undone.",
    `${other} loses the chat immediately.`,
  ],
  deleteAlone: "The key is destroyed and every message is erased from the server. This can't be undone.",
  learnMore: 'Learn more',
  copies: 'Copies of the databases made earlier, together with the master key, can still be read.',
  deleteMessageHeading: 'Delete this message?',
  deleteMessage:
    'The text is permanently erased for both of you. A note that a message was deleted stays in its place.',
} as const;

function over(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'character' : 'characters'} over the limit`;
}
