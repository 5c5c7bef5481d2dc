/** What the search in a chat says. */
export const SEARCH_WORDS = {
  panel: 'Search in this chat',
  box: 'Search messages',
  close: 'Close search',
  hits: 'Hits',
  showHits: 'Show hits',
  searching: 'Searching…',
  noConnection: "No connection. The search continues when you're back online.",
  busy: 'The server is busy. The search continues in a moment.',
  progress: (searched: number, total: number) =>
    `${searched.toLocaleString('en')} of ${total.toLocaleString('en')} messages searched`,
  found: (count: number) => (count === 0 ? 'No messages found.' : `${hits(count)}.`),
  full: (count: number) => `More than ${hits(count)}. Refine your search to see older ones.`,
  stopped: (count: number) => `Search canceled. ${count === 0 ? 'No hits' : hits(count)} so far.`,
} as const;

function hits(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'hit' : 'hits'}`;
}
