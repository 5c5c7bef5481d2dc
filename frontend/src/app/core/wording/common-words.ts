/** Texts that several features share. */
export const COMMON_WORDS = {
  product: 'Secure Chat',
  cancel: 'Cancel',
  close: 'Close',
  tryAgain: 'Try again',
  openChat: 'Open chat',
  backToChats: 'Back to chats',
  username: 'Username',
  password: 'Password',
  newPassword: 'New password',
  newPasswordHint:
    "At least 8 characters. A few random words make a strong password that's easy to remember.",
  signUp: 'Sign up',
  logIn: 'Log in',
  chats: 'Chats',
  chat: 'Chat',
  newChat: 'New chat',
  joinChat: 'Join a chat',
  chatName: 'Chat name',
  chatKey: 'Chat key',
  accountSettings: 'Account settings',
  shortcuts: 'Keyboard shortcuts',
  stored: 'What the server stores',
  deleteForBoth: 'Delete for both',
  chatDeleted: 'This chat is gone',
  unreachable: "Can't reach the server",
  unreachableHint: 'This page keeps trying and will continue on its own.',
  reconnecting: 'Reconnecting',
} as const;

/** Shown when something between the page and the server answers, such as the log-in page of a proxy. */
export const INTERCEPTED_WORDS = {
  detail:
    "Something between you and the server wants you to log in first. Reload the page to see it. What you've written is kept.",
  reload: 'Reload',
} as const;

/** Shown while the server has not received a sign-out yet. */
export const SIGNING_OUT_WORDS = {
  heading: 'Signing out',
  detail:
    "We can't reach the server yet. Your data is no longer shown or stored here. This page finishes signing out as soon as the server answers.",
} as const;

/** Shown when a file is dropped. */
export const DROP_WORDS = { noFiles: "Files can't be sent. Paste or type your message instead." } as const;

/** Shown when a part of the page could not be loaded. */
export const NOT_LOADED_WORDS = {
  heading: "Part of the page couldn't be loaded",
  detail:
    "The server didn't answer, or was updated since you opened this page. Messages you've sent are safe.",
  reload: 'Reload',
} as const;

/** The titles of the pages, without the product's name. */
export const PAGE_TITLES = {
  signUp: COMMON_WORDS.signUp,
  logIn: COMMON_WORDS.logIn,
  reset: 'Set a new password',
  notFound: 'Page not found',
  chats: COMMON_WORDS.chats,
  join: COMMON_WORDS.joinChat,
  chat: COMMON_WORDS.chat,
  stored: COMMON_WORDS.stored,
  account: COMMON_WORDS.accountSettings,
} as const;
