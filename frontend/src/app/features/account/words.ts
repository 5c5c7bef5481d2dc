import type { ActivityType } from '@app/contracts/edge';

/** The texts of the account page. */
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

/** The texts of the data export. */
export const EXPORT_WORDS = {
  heading: 'Your data',
  meaning: "Download your account, chats and messages as JSON. Keep the file safe. It isn't encrypted.",
  start: 'Export my data',
  waiting: 'Waiting for the server…',
  received: (size: string) => `${size} received…`,
  done: 'Your data has been downloaded.',
} as const;

/** The texts of the settings of this browser. */
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

/** An event of the activity with its object. */
export const activityWords = (event: string, what: string): string => `${event}: ${what}`;

/** The names of the events of the activity. */
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
