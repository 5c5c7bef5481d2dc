import type { SignedOutReason } from '@app/client';

/** The texts of the sign-up and log-in pages. */
export const SIGN_IN_WORDS = {
  headline: 'A private chat for two.',
  promise:
    "Every message is encrypted before it reaches the server's disk. Delete a chat, and its key and every last byte are gone.",
  newHeading: 'Create your account',
  newMeaning: 'All you need is a username and a password. No email, no phone number.',
  knownHeading: 'Welcome back',
  knownMeaning: 'Log in to continue.',
  invitedNew: "You've been invited to a chat. You'll join it as soon as you sign up.",
  invitedKnown: "You've been invited to a chat. You'll join it as soon as you log in.",
  usernameHint: '3–32 letters, digits, dots, hyphens or underscores. People you chat with will see it.',
  haveAccount: 'Already have an account?',
  newHere: 'New here?',
  enterUsername: 'Enter your username.',
  enterPassword: 'Enter your password.',
} as const;

/** The texts of the picture on these pages. */
export const PICTURE_WORDS = {
  read: 'What you two see',
  theirs: 'Is the key still under the blue pot?',
  own: 'Always. See you at six.',
  stored: 'What the server stores',
} as const;

/** Shown on the log-in page after the server ended a session. */
export const SESSION_END_WORDS: Readonly<Record<SignedOutReason, string>> = {
  'logged-out': 'You signed out in another tab.',
  revoked: 'You were signed out from another device. Your draft has been saved.',
  'password-changed': 'Your password was changed on another device. Log in with the new one.',
  'account-deleted': 'This account was deleted.',
  expired: 'Your session expired while you were away. Your draft has been saved.',
  unauthenticated: 'Your session has ended. Log in to pick up where you left off.',
};
