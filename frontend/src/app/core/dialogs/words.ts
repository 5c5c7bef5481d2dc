/** The items of the chat menu. */
export const CHAT_MENU_WORDS = {
  search: 'Search',
  showKey: 'Show key',
  rename: 'Rename',
  export: 'Export chat',
  leave: 'Leave chat',
  delete: 'Delete chat',
} as const;

/** The texts of a chat's dialogs. */
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
} as const;
