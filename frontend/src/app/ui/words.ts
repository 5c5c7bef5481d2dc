/** The texts of the shared parts. */
export const UI_WORDS = {
  product: 'Secure Chat',
  show: 'Show',
  hide: 'Hide',
  copied: 'Copied',
  copyManually: 'Copy it manually',
  backToChats: 'Back to chats',
} as const;

/** The texts of the panel that shares a chat key. */
export const KEY_PANEL_WORDS = {
  key: 'Chat key',
  hint: 'Anyone with this key can join until the chat is full. Share it over a channel you trust.',
  linkHint: 'The link contains the key. A browser that opens it may keep it in its history.',
  copyKey: 'Copy key',
  copyLink: 'Copy link',
  share: 'Share…',
  code: 'QR code of the invite link',
  codeHint: 'Or have them scan this QR code to open the invite link.',
  noCode: "The QR code couldn't be loaded. The link works just as well.",
} as const;

/** The texts of an erasure receipt. */
export const RECEIPT_WORDS = {
  heading: 'This chat is gone',
  keyDestroyed: 'Key destroyed',
  messagesErased: 'Messages erased',
  storageErased: 'Storage erased',
  chat: 'Chat',
  meaning:
    "Nothing of the key, the encrypted messages or anything derived from them remains in the server's files.",
} as const;
