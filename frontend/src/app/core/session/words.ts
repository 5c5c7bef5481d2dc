import { LIMITS } from '@app/contracts/edge';

/** The errors of a new username or password. */
export const ACCOUNT_RULE_WORDS = {
  noUsername: 'Choose a username.',
  usernameCharacters:
    'Use only letters, digits, dots, hyphens and underscores. Start and end with a letter or digit.',
  noPassword: 'Choose a password.',
  passwordIsUsername: "Your password can't be your username.",
  atLeast: (count: number) => `Use at least ${count} characters.`,
  atMost: (count: number) => `Use at most ${count} characters.`,
} as const;

/** The strength of a password, from the weakest. */
export const STRENGTH_WORDS = [
  'Very easy to guess. Try three or four random words.',
  'Easy to guess. Try three or four random words.',
  'Could be stronger. One more word would do it.',
  'Strong.',
  'Very strong.',
] as const;

/** The errors of a chat's name. */
export const CHAT_NAME_WORDS = {
  none: 'Enter a name.',
  invisible: 'Use at least one visible character.',
  tooLong: `Use at most ${LIMITS.chatNameMax} characters.`,
} as const;
