/** The texts of the page that shows what the server stores. */
export const STORED_WORDS = {
  pageBack: 'Back to the chat',
  /** Around the chat's name. */
  lead: [
    'These are the actual bytes stored for ',
    ", just read from the server's disk. None of them contain your text.",
  ],
  keyHeading: 'The chat key',
  storedAs: 'Stored as',
  wrapped: (bytes: number, version: number) =>
    `${bytes} bytes, encrypted with the server's master key, version ${version}`,
  file: 'File',
  keyMeaning:
    'The master key is in neither database. Without it these bytes unlock nothing, and they are the first thing destroyed when the chat is deleted.',
  messagesHeading: 'The last messages',
  none: 'Nothing is stored yet.',
  parts: 'The parts of a stored message',
  version: 'version: how to read the rest',
  nonce: 'nonce: random, new for each message',
  sealed: 'encrypted text: AES-256-GCM',
  tag: 'tag: shows any change',
  /** Before the name of the file. */
  message: (seq: number) => `Message ${seq}, in`,
  tombstone: 'Deleted message. Only this note is left.',
  partNames: { version: 'version', nonce: 'nonce', sealed: 'encrypted text', tag: 'tag' },
} as const;

/** Who could read what. */
export const READER_WORDS = {
  heading: 'Who could read what',
  readers: [
    {
      who: 'Someone with a copy of the message database',
      reads: 'None of the text. Sizes, times, and which account sent each message.',
    },
    {
      who: 'Someone with a copy of the key database',
      reads: 'None of the text. It holds no messages, and its keys are encrypted.',
    },
    {
      who: 'Someone with both, but not the master key',
      reads: 'None of the text. Who talks to whom, and when.',
    },
    { who: 'Someone with both and the master key', reads: "Everything that hasn't been deleted." },
    {
      who: 'Someone listening in between the services',
      reads: 'None of the text. It never travels there unencrypted.',
    },
    {
      who: 'Whoever controls the running server',
      reads: 'Whatever is read or written while they control it. Use a server run by someone you trust.',
    },
  ],
} as const;
