import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { usedBytes, readPragma, type SqliteHandle } from './sqlite.js';
import { StorageFailure } from './storage-failure.js';
import type { WriteQueue } from './write-queue.js';

/** Up to this size a file is rewritten on the main thread: that takes less than starting a worker does. */
export const QUICKLY_REWRITTEN_BYTES = 4 * 1024 * 1024;

/** How often a checkpoint that meets a reader is tried, and how long each try waits for it, in milliseconds. */
const CHECKPOINT_TRIES = 10;
const CHECKPOINT_WAIT_MS = 300;

/** Beside the database: written anew whenever an erasure waits for a reader. A running backup lets go then. */
const WAITS_SUFFIX = '-erasure-waits';

/** What belongs to a rewrite: no other write gets between. */
export interface AroundRewrite {
  /** Deletes rows that are to be gone from the file. */
  readonly before: (handle: SqliteHandle) => void;
  /** Notes that they are. */
  readonly after: (handle: SqliteHandle) => void;
}

/**
 * Leaves no byte of deleted rows in a database file. secure_delete alone does not: SQLite merges half-empty pages
 * by copying the live cells of their neighbours and later overwrites the live cell, not the copy. VACUUM writes
 * every page anew, and truncating the write-ahead log afterwards leaves no older page there either.
 */
export class Scrubber {
  private waiting: Promise<void> | undefined;

  constructor(
    private readonly queue: WriteQueue,
    private readonly file: string,
  ) {}

  /**
   * Rewrites the file without what was deleted before the call. All who wait share one run.
   * @param around what is to be done in the same turn; the same for all who share a run
   * @throws {StorageFailure} when a reader holds the log for longer than 3 s, or the worker cannot do it now; SQLite's
   * own error on the main thread. Either way the caller tries again.
   */
  scrub(around?: AroundRewrite): Promise<void> {
    // The turn in the queue begins the run: who asks before it begins is served by it. It never begins within
    // this call, or the run would end its own waiting before it was noted.
    this.waiting ??= Promise.resolve()
      .then(() =>
        this.queue.exclusive(async (handle) => {
          this.waiting = undefined;
          around?.before(handle);
          await this.rewrite(handle);
          around?.after(handle);
        }),
      )
      .catch((error: unknown) => {
        this.waiting = undefined;
        throw error;
      });
    return this.waiting;
  }

  private async rewrite(handle: SqliteHandle): Promise<void> {
    if (usedBytes(handle) <= QUICKLY_REWRITTEN_BYTES) {
      handle.exec('VACUUM');
      truncateLog(handle, this.file);
    } else await vacuumInWorker(this.file);
  }

  /**
   * Writes the log back and truncates it: enough after rows were emptied in place by an UPDATE that made them
   * shorter, which never copies a cell.
   * @throws {StorageFailure} when a reader holds the log for longer than 3 s, and SQLite's own errors
   */
  truncateLog(): Promise<void> {
    return this.queue.exclusive(async (handle) => truncateLog(handle, this.file));
  }
}

function askReaders(file: string): void {
  try {
    writeFileSync(file + WAITS_SUFFIX, '');
  } catch {
    // On a full disk readers are not asked: they end by themselves.
  }
}

function truncateLog(handle: SqliteHandle, file: string): void {
  const before = readPragma(handle, 'busy_timeout');
  handle.exec(`PRAGMA busy_timeout=${CHECKPOINT_WAIT_MS}`);
  try {
    for (let tries = 0; tries < CHECKPOINT_TRIES; tries++) {
      // The first column says whether somebody was in the way.
      if (readPragma(handle, 'wal_checkpoint(TRUNCATE)') === 0) return;
      askReaders(file);
    }
  } finally {
    handle.exec(`PRAGMA busy_timeout=${before}`);
  }
  throw new StorageFailure('a reader holds the write-ahead log');
}

// The worker is given as text: the same in the built program and under a test runner that compiles on the fly.
const WORKER = `
const { writeFileSync } = require('node:fs');
const { workerData: { module, file, waits, tries, wait } } = require('node:worker_threads');
const db = new (require(module))(file);
for (const pragma of ['busy_timeout=' + wait, 'auto_vacuum=INCREMENTAL', 'synchronous=FULL', 'fullfsync=ON', 'secure_delete=ON', 'temp_store=MEMORY'])
  db.exec('PRAGMA ' + pragma);
db.exec('VACUUM');
const checkpoint = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
let busy = 1;
for (let i = 0; i < tries && busy; i++) {
  busy = checkpoint.get().busy;
  try {
    if (busy) writeFileSync(waits, '');
  } catch {}
}
db.close();
if (busy) throw new Error('a reader holds the write-ahead log');
`;

function vacuumInWorker(file: string): Promise<void> {
  const module = createRequire(import.meta.url).resolve('better-sqlite3');
  return new Promise((done, failed) => {
    const worker = new Worker(WORKER, {
      eval: true,
      workerData: {
        module,
        file,
        waits: file + WAITS_SUFFIX,
        tries: CHECKPOINT_TRIES,
        wait: CHECKPOINT_WAIT_MS,
      },
    });
    // SQLite's error arrives as a copy that is no Error and has lost its class.
    worker.once('error', (cause: { readonly message?: unknown; readonly code?: unknown }) =>
      failed(
        new StorageFailure(`the file could not be rewritten: ${String(cause.code ?? cause.message)}`, {
          cause,
        }),
      ),
    );
    worker.once('exit', (code) =>
      code === 0 ? done() : failed(new StorageFailure('rewriting the file was interrupted')),
    );
  });
}
