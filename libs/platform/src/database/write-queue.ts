import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DataSource, EntityManager } from 'typeorm';
import { BATCH_MS } from '../event-loop/batches.js';
import { unavailable } from '../errors/api-error.js';
import { sqliteHandle, type SqliteHandle } from './sqlite.js';
import { isStorageFailure } from '../errors/storage-failure.js';

/** How many writes may wait; one more is SERVICE_UNAVAILABLE. */
const MAX_WAITING = 10_000;

/** How much free space the disk must have before it is tried again after a failed write, in bytes. */
const ROOM_BYTES = 1024 * 1024;

/**
 * The one writer of a database. TypeORM shares one connection between all transactions, and two at once corrupt each other
 * (typeorm/typeorm#1884): so all writes go through this queue, one after the other. It yields to the event loop every
 * 25 ms, however many wait.
 */
export class WriteQueue {
  private readonly waiting: (() => Promise<void> | undefined)[] = [];
  private readonly batches: (() => Promise<void> | undefined)[] = [];
  /** Reads that wait for an asynchronous transaction to end. */
  private readonly readers: (() => void)[] = [];
  private busy = false;
  /** Whether an asynchronous transaction is open: on the one connection others would read what it may roll back. */
  private isOpen = false;
  /** How long writes have blocked the event loop since the last yield, in milliseconds. */
  private heldMs = 0;
  private yields = false;
  private passedOver = false;
  /** Whether a write failed because of the disk, and none is known to have succeeded since. */
  private refused = false;
  private readonly handle: SqliteHandle;

  constructor(private readonly dataSource: DataSource) {
    this.handle = sqliteHandle(dataSource);
  }

  /** The number of writes that wait. */
  get length(): number {
    return this.waiting.length + this.batches.length;
  }

  /**
   * Runs work in one synchronous transaction; at once when nothing else writes.
   * @param work must not await; what it throws rolls everything back
   */
  transaction<T>(work: (handle: SqliteHandle) => T): Promise<T> {
    return this.enter((done, failed) => this.transact(work, done, failed));
  }

  /**
   * Runs one batch of a long work in a transaction: after all writes that wait, and never two without a yield to the
   * event loop in between.
   * @param work must not await; what it throws rolls the batch back
   */
  batch<T>(work: (handle: SqliteHandle) => T): Promise<T> {
    return this.enterBatch((done, failed) => this.transact(work, done, failed));
  }

  /**
   * Runs asynchronous work in one transaction.
   * @param work must await nothing but queries on this database, and call none of the manager's methods that begin a
   *   transaction themselves (`save`, `remove`)
   */
  asyncTransaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.enter((done, failed) => this.transactAsync(work, done, failed));
  }

  /** Runs one batch of a long asynchronous work in a transaction, as `batch` and `asyncTransaction` do. */
  asyncBatch<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.enterBatch((done, failed) => this.transactAsync(work, done, failed));
  }

  /**
   * Reads what is committed: at once, or when the asynchronous transaction that is open has ended.
   * @param query must not await
   */
  read<T>(query: (handle: SqliteHandle) => T): Promise<T> {
    if (!this.isOpen) return new Promise((done) => done(query(this.handle)));
    return new Promise((done, failed) => {
      this.readers.push(() => {
        try {
          done(query(this.handle));
        } catch (error) {
          failed(error);
        }
      });
    });
  }

  private transact<T>(
    work: (handle: SqliteHandle) => T,
    done: (value: T) => void,
    failed: (error: unknown) => void,
  ): undefined {
    try {
      done(this.handle.transaction(work).immediate(this.handle));
    } catch (error) {
      this.refused ||= isStorageFailure(error);
      failed(error);
    }
  }

  private transactAsync<T>(
    work: (manager: EntityManager) => Promise<T>,
    done: (value: T) => void,
    failed: (error: unknown) => void,
  ): Promise<void> {
    return this.inTransaction(work).then(done, (error: unknown) => {
      this.refused ||= isStorageFailure(error);
      failed(error);
    });
  }

  /** Whether the disk takes writes. After a failed write this is tried by a write that changes nothing. */
  async takesWrites(): Promise<boolean> {
    if (!this.refused) return true;
    try {
      // On a full disk too, a write succeeds where the write-ahead log has free space already.
      const { bavail, bsize } = await statfs(dirname(this.handle.name));
      if (bavail * bsize < ROOM_BYTES) return false;
      await this.transaction((handle) => handle.exec('PRAGMA user_version = 0'));
      this.refused = false;
    } catch {
      // It does not.
    }
    return !this.refused;
  }

  /** Runs work outside a transaction while no other write runs. */
  exclusive<T>(work: (handle: SqliteHandle) => Promise<T>): Promise<T> {
    return this.enter((done, failed) => work(this.handle).then(done, failed));
  }

  /** Resolves when all that waits now is written. */
  async drain(): Promise<void> {
    await this.enter<void>((done) => {
      done();
      return undefined;
    }, true);
  }

  /**
   * On a full disk SQLite rolls a transaction back by itself. TypeORM's rollback fails then, it treats all later
   * transactions as nested, and after a second failure commits nothing again. So TypeORM begins and ends no transaction
   * here.
   */
  private async inTransaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.handle.exec('BEGIN IMMEDIATE');
    this.isOpen = true;
    try {
      const result = await work(this.dataSource.manager);
      this.handle.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.handle.inTransaction) this.handle.exec('ROLLBACK');
      throw error;
    } finally {
      this.isOpen = false;
      for (const read of this.readers.splice(0)) read();
    }
  }

  private enter<T>(
    start: (done: (value: T) => void, failed: (error: unknown) => void) => Promise<void> | undefined,
    always = false,
  ): Promise<T> {
    if (!always && this.waiting.length >= MAX_WAITING) return Promise.reject(unavailable());
    return new Promise<T>((done, failed) => {
      this.waiting.push(() => start(done, failed));
      this.begin();
    });
  }

  private enterBatch<T>(
    start: (done: (value: T) => void, failed: (error: unknown) => void) => Promise<void> | undefined,
  ): Promise<T> {
    return new Promise<T>((done, failed) => {
      this.batches.push(() => start(done, failed));
      this.begin();
    });
  }

  private begin(): void {
    if (this.busy) return;
    this.busy = true;
    this.next();
  }

  private next(): void {
    while (this.waiting.length > 0 && this.heldMs < BATCH_MS) {
      const began = performance.now();
      const running = this.waiting.shift()?.();
      this.held(performance.now() - began);
      if (!running) continue;
      void running.finally(() => {
        this.held(performance.now() - began);
        this.next();
      });
      return;
    }
    // A batch runs in what remains of the 25 ms; where nothing remains, after every second yield.
    if (this.batches.length > 0) {
      this.passedOver = this.heldMs >= BATCH_MS && !this.passedOver;
      if (!this.passedOver) {
        const running = this.batches.shift()?.();
        this.held(BATCH_MS);
        if (running) {
          void running.finally(() => this.next());
          return;
        }
      }
    }
    if (this.length === 0) this.busy = false;
    else if (this.heldMs < BATCH_MS) this.next();
    else setImmediate(() => this.next());
  }

  private held(ms: number): void {
    this.heldMs += ms;
    if (this.yields) return;
    this.yields = true;
    setImmediate(() => {
      this.yields = false;
      this.heldMs = 0;
    });
  }
}
