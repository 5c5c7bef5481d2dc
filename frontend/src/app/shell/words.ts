/** The texts of the frame around all pages of a signed-in user. */
export const SHELL_WORDS = {
  skip: 'Skip to main content',
  account: 'Account',
  signOut: 'Sign out',
  signOutHeading: 'Sign out?',
  unsent: ({ messages, drafts }: { readonly messages: number; readonly drafts: number }) => {
    const parts = [
      ...(messages > 0 ? [`${messages} unsent ${messages === 1 ? 'message' : 'messages'}`] : []),
      ...(drafts > 0 ? [`${drafts} ${drafts === 1 ? 'draft' : 'drafts'}`] : []),
    ];
    return `You have ${parts.join(' and ')} in this browser. Signing out discards ${messages + drafts === 1 ? 'it' : 'them'}.`;
  },
  status: {
    connected: 'Connected',
    reconnecting: 'Reconnecting',
    offline: 'Offline',
    'signed-out': 'Signed out',
  },
} as const;

/** Shown beside the list while no chat is open. */
export const CHATS_PAGE_WORDS = {
  storedNow: 'What the server stores now',
  saveReceipt: 'Save receipt',
  done: 'Done',
  startHeading: 'Start a private chat',
  steps: {
    create: ['Create a chat.', 'The server generates a key for it and stores the key encrypted.'],
    share: ['Share the key.', 'Send it as text, a link or a QR code to the person you want to talk to.'],
    talk: ['Talk.', 'A chat holds exactly two people. Either of you can permanently delete it for both.'],
  },
  chooseHeading: 'Just the two of you',
  /** Around the key that shows the shortcuts. */
  choose: ['Select a chat, or press ', ' for keyboard shortcuts.'],
} as const;

/** The texts of the page for an unknown address. */
export const NOT_FOUND_WORDS = {
  heading: 'Page not found',
  meaning: 'The link may be mistyped or out of date.',
  toChats: 'Go to your chats',
} as const;

/** The keyboard shortcuts. */
export const SHORTCUT_WORDS = {
  send: 'Send the message',
  newLine: 'New line',
  nextChat: 'Next chat',
  previousChat: 'Previous chat',
  move: 'Move between messages (when the list is focused)',
  ends: 'First or last loaded message',
  escape: 'Back to the message box, or close a dialog or menu',
  list: 'Show this list',
} as const;
