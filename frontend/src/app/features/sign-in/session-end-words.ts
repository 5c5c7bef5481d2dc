import type { SignedOutReason } from '@app/client';

/** What to say on the log-in page after the server ended a session. */
export const SESSION_END_WORDS: Readonly<Record<SignedOutReason, string>> = {
  'logged-out': 'You signed out in another tab.',
  revoked: 'This session was signed out from another device. Your draft is kept for you.',
  'password-changed': 'The password was changed on another device. Log in with the new one.',
  'account-deleted': 'This account was deleted.',
  expired: 'You were away for a while, so this session ended. Your draft is kept for you.',
  unauthenticated: 'This session has ended. Log in to go on where you were.',
};
