import { BATCH_MS } from '../event-loop/batches.js';
import type { SqliteHandle } from './sqlite.js';
import type { WriteQueue } from './write-queue.js';

const FEWEST = 50;
const MOST = 2_000;

/** Measures how many rows a batch of a long work in a database may touch, so that it ends within 25 ms. */
export class BatchSize {
  private rows = 4 * FEWEST;
  private lastMs = 0;

  /** How long the last batch took, in milliseconds. */
  get tookMs(): number {
    return this.lastMs;
  }

  /**
   * Runs one batch in a transaction; what others have sent meanwhile is read and stored before the next one.
   * @param work is given how many rows it may touch; must not await
   */
  batch<T>(queue: WriteQueue, work: (db: SqliteHandle, rows: number) => T): Promise<T> {
    return this.measure((begin) =>
      queue.batch((db) => {
        begin();
        return work(db, this.rows);
      }),
    );
  }

  /** Runs one batch as `batch` does, of work that awaits nothing but queries on this database. */
  asyncBatch<T>(queue: WriteQueue, work: (rows: number) => Promise<T>): Promise<T> {
    return this.measure((begin) =>
      queue.asyncBatch(() => {
        begin();
        return work(this.rows);
      }),
    );
  }

  /** Times a batch with its commit and the checkpoint that this may cause, without the wait in the queue. */
  private async measure<T>(run: (begin: () => void) => Promise<T>): Promise<T> {
    let began = 0;
    const result = await run(() => {
      began = performance.now();
    });
    this.lastMs = performance.now() - began;
    if (this.lastMs > BATCH_MS) this.rows = Math.max(FEWEST, this.rows >> 1);
    else if (this.lastMs < BATCH_MS / 2) this.rows = Math.min(MOST, this.rows << 1);
    return result;
  }
}
