/** The texts of the page of a password reset link. */
export const RESET_WORDS = {
  heading: 'Set a new password',
  done: (username: string) => `New password set for ${username}. All sessions have been signed out.`,
  meaning: 'This link works once. All sessions will be signed out.',
  set: 'Set password',
  noLink:
    'This link was already used, has expired or is incomplete. Ask the person who runs this server for another one.',
} as const;
