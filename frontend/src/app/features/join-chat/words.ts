/** What the dialog for joining says. */
export const JOIN_CHAT_WORDS = {
  meaning: 'Enter the key or paste the link you were given.',
  none: 'Enter a key.',
  alreadyIn: "You're already in this chat.",
  join: 'Join',
  /** For those who do not see the page change. */
  joined: (title: string) => `You joined ${title}.`,
} as const;
