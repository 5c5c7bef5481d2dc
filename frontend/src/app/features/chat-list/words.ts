/** The texts of the chat list and of the dialog for a new chat. */
export const CHAT_LIST_WORDS = {
  empty: 'No chats yet. Create one and share its key, or join with a key someone gave you.',
  unread: 'unread',
  draft: 'Draft:',
  filter: 'Filter chats',
  noMatch: 'No chat matches.',
  ready: 'Your chat is ready',
  share: "Share this key with the person you want to talk to. You'll find it again in the chat menu.",
  nameHint: 'Optional. Either of you can change it later.',
  create: 'Create',
} as const;
