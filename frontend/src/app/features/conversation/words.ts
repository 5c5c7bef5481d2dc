import { LIMITS } from '@app/contracts/edge';
import { CHAT_WORDS } from '../../core/wording/chat-words';

/** What a conversation says. */
export const CONVERSATION_WORDS = {
  noConnection: "No connection. Your messages will be sent when you're back online.",
  goneHeading: 'This chat is gone',
  gone: 'It was deleted, or you left it somewhere else.',
  leftHeading: 'You left this chat',
  left: 'You left it in another tab. The other person keeps what you wrote.',
  youDeleted: (at: string) => `You deleted it in another tab or on another device on ${at}.`,
  otherDeleted: (username: string, at: string) => `${username} deleted it on ${at}.`,
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

/** What happened in a chat, by the name of who did it. */
export const EVENT_WORDS = {
  created: (name: string) => `${name} created this chat`,
  joined: (name: string) => `${name} joined`,
  left: (name: string) => `${name} left`,
  deleted: () => 'Their account was deleted',
} as const;

/** What stands above a conversation. */
export const CHAT_HEADER_WORDS = {
  otherDeleted: 'The other account was deleted',
  left: (username: string) => `${username} left this chat`,
  online: 'online',
  offline: 'offline',
  menu: 'Chat menu',
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
  code: 'Code',
  copyCode: 'Copy code',
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

/** Before a message is deleted. */
export const DELETE_MESSAGE_WORDS = {
  heading: 'Delete this message?',
  meaning:
    'The text is permanently erased for both of you. A note that a message was deleted stays in its place.',
} as const;

/** The offer of notifications, once both have written. */
export const NOTICE_OFFER_WORDS = {
  offer: (other: string) =>
    `Get a notification when ${other} writes while you're in another tab? It won't show the text unless you turn that on in your account settings.`,
  accept: 'Turn on notifications',
  decline: 'Not now',
} as const;

function over(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'character' : 'characters'} over the limit`;
}
