import type { TimelineSnapshot } from './timeline-items.js';

/**
 * The part of one chat's history that is on the screen: a bounded window (600 messages) without gaps, kept up
 * to date while it is open. Made by `ChatClient.timeline`.
 */
export class Timeline {
  constructor(readonly chatId: string) {}

  /** What is held now. */
  get snapshot(): TimelineSnapshot {
    throw new Error('not written yet');
  }
  /** Calls `listener` with each new snapshot, until the returned function is called. */
  onChange(listener: (snapshot: TimelineSnapshot) => void): () => void {
    throw new Error('not written yet');
  }
  /** Fetches the page before the first message; messages far below fall out. Never rejects: see `snapshot.error`. */
  loadOlder(): Promise<void> {
    throw new Error('not written yet');
  }
  /** Fetches the page after the last message; messages far above fall out. Never rejects. */
  loadNewer(): Promise<void> {
    throw new Error('not written yet');
  }
  /** Goes to the chat's end. Never rejects. */
  jumpToLatest(): Promise<void> {
    throw new Error('not written yet');
  }
  /** Shows the messages around `seq`, such as the first unread one. Never rejects. */
  jumpTo(seq: number): Promise<void> {
    throw new Error('not written yet');
  }
  /** Stops keeping it up to date. */
  close(): void {
    throw new Error('not written yet');
  }
}
