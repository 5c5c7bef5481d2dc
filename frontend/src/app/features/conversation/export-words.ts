/** What the export of a chat says, in its dialog and in its file. */
export const CHAT_EXPORT_WORDS = {
  heading: 'Export chat',
  meaning:
    "Download this chat as a web page that opens in any browser, also offline. Keep the file safe. It isn't encrypted, and messages deleted later stay in it.",
  start: 'Download',
  reading: 'Reading the messages…',
  noConnection: "No connection. The export continues when you're back online.",
  busy: 'The server is busy. The export continues in a moment.',
  progress: (read: number, total: number) =>
    `${read.toLocaleString('en')} of ${total.toLocaleString('en')} messages`,
  done: 'The chat has been downloaded.',
  members: 'Members:',
  exportedBy: 'Exported by',
  on: 'on',
  times: (zone: string) => `Times are in the time zone ${zone}.`,
  empty: 'There are no messages in this chat.',
  opens: (host: string) => ` (opens ${host})`,
} as const;
