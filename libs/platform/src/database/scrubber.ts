import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { otherProcessesWith } from './open-files.js';
import { usedBytes, readPragma, type SqliteHandle } from './sqlite.js';
import { StorageFailure } from '../errors/storage-failure.js';
import type { WriteQueue } from './write-queue.js';

/** Up to this size a file is rewritten on the main thread: starting a worker takes longer. */
export const MAIN_THREAD_VACUUM_BYTES = 4 * 1024 * 1024;

/**
 * After a rewrite of more than LONG_MS the next one waits REST_TIMES as long, up to LONGEST_REST_MS: repeated erasures in a
 * large file leave most of the time to other writes. All who wait share one run.
 */
const LONG_MS = 100;
const REST_TIMES = 3;
const LONGEST_REST_MS = 2_000;

/**
 * The pause after a checkpoint that a reader prevented, in milliseconds: doubled each time, up to TRY_FOR_MS in all. Writes
 * go on meanwhile.
 */
const FIRST_PAUSE_MS = 25;
const TRY_FOR_MS = 3_000;

/** How often the processes that may prevent a checkpoint are logged, in milliseconds. */
const WARN_EVERY_MS = 60_000;

/** The file beside the database that is rewritten whenever an erasure waits for a reader: a running backup stops reading then. */
const WAITS_SUFFIX = '-erasure-waits';

/** What is done around a rewrite, with no other write in between. */
export interface AroundRewrite {
  /** Deletes the rows of which no byte may be left. */
  readonly before: (handle: SqliteHandle) => void;
  /** Stores that none is left. */
  readonly after: (handle: SqliteHandle) => void;
}

/**
 * Leaves no byte of deleted rows in a database file. secure_delete alone does not: SQLite merges half-empty pages
 * by copying the live cells of their neighbours and later overwrites the live cell, not the copy. VACUUM writes
 * every page anew, and truncating the write-ahead log afterwards leaves no older page there either.
 */
export class Scrubber {
  private waiting: Promise<void> | undefined;
  private truncating: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();
  /** When the next rewrite may begin, by performance.now(). */
  private restsUntil = 0;
  private warnedAt = -Infinity;

  constructor(
    private readonly queue: WriteQueue,
    private readonly file: string,
    private readonly logger: Logger,
  ) {}

  /**
   * Rewrites the file without what was deleted before the call. All who wait share one run.
   * @param around what is done with the rewrite; the same for all who share a run
   * @throws {StorageFailure} when a reader holds the log for longer than 3 s, or the worker cannot do it now; SQLite's
   * own error on the main thread. Either way the caller tries again.
   */
  scrub(around?: AroundRewrite): Promise<void> {
    this.waiting ??= this.afterTheLast(async () => {
      const leftMs = this.restsUntil - performance.now();
      if (leftMs > 0) await pause(leftMs);
      await this.queue.exclusive(async (handle) => {
        // The run begins here: calls before this point share it.
        this.waiting = undefined;
        around?.before(handle);
        const began = performance.now();
        if (usedBytes(handle) <= MAIN_THREAD_VACUUM_BYTES) handle.exec('VACUUM');
        else await vacuumInWorker(this.file);
        const tookMs = performance.now() - began;
        const restMs = tookMs > LONG_MS ? Math.min(LONGEST_REST_MS, REST_TIMES * tookMs) : 0;
        this.restsUntil = performance.now() + restMs;
      });
      await this.truncateWal();
      if (around) await this.queue.transaction((handle) => around.after(handle));
    }).catch((error: unknown) => {
      this.waiting = undefined;
      throw error;
    });
    return this.waiting;
  }

  /** Runs one rewrite after the other, with what is done around it. */
  private afterTheLast(run: () => Promise<void>): Promise<void> {
    const running = this.last.then(run);
    this.last = running.catch(() => undefined);
    return running;
  }

  /**
   * Writes the log back and truncates it: enough after rows were emptied in place by an UPDATE that made them
   * shorter, which never copies a cell. All who wait share one run.
   * @throws {StorageFailure} when a reader holds the log for longer than 3 s, and SQLite's own errors
   */
  truncateWal(): Promise<void> {
    // The first try begins the run: calls before it share the run. It never begins within this call, or later calls would
    // share a run whose try is over.
    this.truncating ??= Promise.resolve()
      .then(() => this.tryToTruncate())
      .catch((error: unknown) => {
        this.truncating = undefined;
        throw error;
      });
    return this.truncating;
  }

  private async tryToTruncate(): Promise<void> {
    const until = performance.now() + TRY_FOR_MS;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      const isTruncated = await this.queue.exclusive(async (handle) => {
        this.truncating = undefined;
        return truncate(handle);
      });
      if (isTruncated) return;
      askReaders(this.file);
      if (performance.now() + pauseMs > until) break;
      await pause(pauseMs);
    }
    await this.warn();
    throw new StorageFailure('a reader holds the write-ahead log');
  }

  private async warn(): Promise<void> {
    if (performance.now() - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = performance.now();
    this.logger.warn(
      { file: this.file, openIn: await otherProcessesWith(this.file) },
      'another program reads the database and keeps erased bytes in its write-ahead log: close it, for example a forgotten sqlite3 shell, a viewer or a backup',
    );
  }
}

/** Tries once, without waiting. @returns whether the log is empty */
function truncate(handle: SqliteHandle): boolean {
  const before = readPragma(handle, 'busy_timeout');
  handle.exec('PRAGMA busy_timeout=0');
  try {
    // The first column is 1 when a reader or writer prevented it.
    return readPragma(handle, 'wal_checkpoint(TRUNCATE)') === 0;
  } finally {
    handle.exec(`PRAGMA busy_timeout=${before}`);
  }
}

function askReaders(file: string): void {
  try {
    writeFileSync(file + WAITS_SUFFIX, '');
  } catch {
    // On a full disk readers are not asked to stop: they end by themselves.
  }
}

// The worker's code is a string: it runs in the built program and under a test runner that compiles on the fly.
const WORKER = `
const { workerData: { module, file } } = require('node:worker_threads');
const db = new (require(module))(file);
for (const pragma of ['busy_timeout=300', 'auto_vacuum=INCREMENTAL', 'synchronous=FULL', 'fullfsync=ON', 'secure_delete=ON', 'temp_store=MEMORY'])
  db.exec('PRAGMA ' + pragma);
db.exec('VACUUM');
db.close();
`;

function vacuumInWorker(file: string): Promise<void> {
  const module = createRequire(import.meta.url).resolve('better-sqlite3');
  return new Promise((done, failed) => {
    const worker = new Worker(WORKER, { eval: true, workerData: { module, file } });
    // SQLite's error arrives as a copy that is not an instance of Error.
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
