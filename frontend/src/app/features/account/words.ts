import type { ActivityType } from '@app/contracts/edge';

/** What the account page says. */
export const ACCOUNT_WORDS = {
  memberSince: 'Member since',
  deleteHeading: 'Delete account',
  deleteMeaning:
    'Your account and everything you wrote will be erased. Others keep your shared chats without your messages; chats only you are in are erased completely.',
  deleteButton: 'Delete account',
  deleteQuestion: 'Delete your account?',
  deleteConsequences:
    "All your messages will be erased, you'll leave every chat, and your username can be taken by someone else. This can't be undone.",
  enterPassword: 'Enter your password.',
  enterCurrentPassword: 'Enter your current password.',
  wrongPassword: 'Incorrect password.',
  currentPassword: 'Current password',
  newPasswordHint: 'At least 8 characters. Your other sessions will be signed out.',
  changePassword: 'Change password',
  passwordChanged: 'Your password has been changed. Your other sessions have been signed out.',
  activity: 'Activity',
  showAll: 'Show all',
  sessionsHeading: "Where you're signed in",
  sessions: 'Sessions',
  thisBrowser: 'This browser',
  endSession: 'Sign out this session',
  endOthers: 'Sign out all other sessions',
  sessionTimes: (since: string, active: string) => `Signed in ${since}, last active ${active}`,
  unknownDevice: 'Unknown device',
  device: (browser: string, system: string) => `${browser} on ${system}`,
} as const;

/** Of the export of everything that somebody may read. */
export const EXPORT_WORDS = {
  heading: 'Your data',
  meaning: "Download your account, chats and messages as JSON. Keep the file safe. It isn't encrypted.",
  start: 'Export my data',
  waiting: 'Waiting for the server…',
  received: (size: string) => `${size} received…`,
  done: 'Your data has been downloaded.',
} as const;

/** Of what one chooses for a browser. */
export const DEVICE_WORDS = {
  heading: 'In this browser',
  notifications: 'Notifications',
  notificationsHint: "Lets you know about new messages while you're in another tab.",
  showText: 'Show sender and text',
  showTextHint: "When off, they only say that there's a new message.",
  sound: 'Sound',
  enterSends: 'Enter sends the message',
  enterSendsHint: 'When off, Enter starts a new line, and Ctrl+Enter or the Send button sends.',
} as const;

/** Beside an event: what it was done to, or with. */
export const activityWords = (event: string, what: string): string => `${event}: ${what}`;

/** What an event of the account is called. */
export const ACTIVITY_WORDS: Readonly<Record<ActivityType, string>> = {
  registered: 'Account created',
  'logged-in': 'Logged in',
  'login-failed': 'Failed log-in attempt',
  'logged-out': 'Signed out',
  'session-revoked': 'Session signed out',
  'password-changed': 'Password changed',
  'reset-link-made': 'Password reset link created',
  'key-revealed': 'Chat key shown',
  'chat-deleted': 'Chat deleted',
};
