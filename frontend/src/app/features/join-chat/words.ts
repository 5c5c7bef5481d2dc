/** The texts of the dialog for joining a chat. */
export const JOIN_CHAT_WORDS = {
  meaning: 'Enter the key or paste the link you were given.',
  none: 'Enter a key.',
  alreadyIn: "You're already in this chat.",
  join: 'Join',
  /** For screen readers. */
  joined: (title: string) => `You joined ${title}.`,
} as const;
