/** The errors of joining a chat. */
export const JOIN_WORDS = {
  mistyped: "That key doesn't look right. Check it for typos, or paste it again.",
  several: "There's more than one key in this text. Enter just one.",
  unknown: 'No chat matches this key. It may have been deleted. Ask for a new key.',
  full: 'This chat is full. It already has two people.',
} as const;

/** The texts of notifications. */
export const NOTICE_WORDS = {
  newMessage: 'You have a new message',
  blocked: "Notifications are blocked for this site. You can allow them in your browser's settings.",
} as const;
