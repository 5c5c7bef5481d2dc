import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SqliteHandle, WriteQueue } from '@app/platform';

/** How long one turn of a long work may take, in milliseconds: so long others' writes wait for it. */
const AIM_MS = 25;

const FEWEST = 50;
const MOST = 2_000;

/** Measures how many rows one turn of a long work takes, so that others' messages are stored in between. */
export class TurnSize {
  private rows = 4 * FEWEST;
  private lastMs = 0;

  /** How long the last turn took, in milliseconds. */
  get tookMs(): number {
    return this.lastMs;
  }

  /**
   * Does one turn in a transaction, and lets the event loop go round: what others have sent meanwhile is read and
   * stored before the next turn.
   * @param work is told how many rows it may touch; must not await
   */
  async turn<T>(queue: WriteQueue, work: (db: SqliteHandle, rows: number) => T): Promise<T> {
    let began = 0;
    const result = await queue.transaction((db) => {
      began = performance.now();
      return work(db, this.rows);
    });
    // With the commit and the checkpoint that it may have brought about, without the wait in the queue.
    this.lastMs = performance.now() - began;
    if (this.lastMs > AIM_MS) this.rows = Math.max(FEWEST, this.rows >> 1);
    else if (this.lastMs < AIM_MS / 2) this.rows = Math.min(MOST, this.rows << 1);
    // Without it the next turn would follow as a microtask, and nothing would be read before the last one.
    await nextTurn();
    return result;
  }
}
