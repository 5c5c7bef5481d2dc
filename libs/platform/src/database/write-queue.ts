import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { unavailable } from '../refusal.js';
import { sqliteHandle, type SqliteHandle } from './sqlite.js';
import { isStorageFailure } from './storage-failure.js';

/** How many writes may wait; beyond it the service says that it cannot take more. */
const MAX_WAITING = 10_000;

/** How much room the disk must have again after it has refused a write, in bytes. */
const ROOM_BYTES = 1024 * 1024;

/**
 * The one writer of a database. TypeORM shares one connection between all transactions, and two at once corrupt
 * each other (typeorm/typeorm#1884): so whatever writes takes its turn here, one after the other.
 */
export class WriteQueue {
  private readonly waiting: (() => Promise<void> | undefined)[] = [];
  private busy = false;
  /** Whether the disk has refused a write and has taken none for sure since. */
  private refused = false;
  private readonly handle: SqliteHandle;

  constructor(private readonly dataSource: DataSource) {
    this.handle = sqliteHandle(dataSource);
  }

  /** How many writes wait for their turn. */
  get length(): number {
    return this.waiting.length;
  }

  /**
   * Runs work in one synchronous transaction; at once when nothing else writes.
   * @param work must not await; what it throws rolls everything back
   */
  transaction<T>(work: (handle: SqliteHandle) => T): Promise<T> {
    return this.enter((done, failed) => {
      try {
        done(this.handle.transaction(work).immediate(this.handle));
      } catch (error) {
        this.refused ||= isStorageFailure(error);
        failed(error);
      }
      return undefined;
    });
  }

  /** Whether the disk takes writes. It is asked, by a write that changes nothing, only after it has refused one. */
  async takesWrites(): Promise<boolean> {
    if (!this.refused) return true;
    try {
      // What the write-ahead log has room for already would be taken by a full disk too.
      const { bavail, bsize } = await statfs(dirname(this.handle.name));
      if (bavail * bsize < ROOM_BYTES) return false;
      await this.transaction((handle) => handle.exec('PRAGMA user_version = 0'));
      this.refused = false;
    } catch {
      // Still not.
    }
    return !this.refused;
  }

  /**
   * Runs work in one TypeORM transaction.
   * @param work must await nothing but the given manager
   */
  save<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.enter((done, failed) =>
      this.dataSource.transaction(work).then(done, (error: unknown) => {
        this.refused ||= isStorageFailure(error);
        try {
          this.leaveTransaction();
        } finally {
          failed(error);
        }
      }),
    );
  }

  /** Runs work outside a transaction while no other write runs. */
  exclusive<T>(work: (handle: SqliteHandle) => Promise<T>): Promise<T> {
    return this.enter((done, failed) => work(this.handle).then(done, failed));
  }

  /** Resolves when all that waits now has been written. */
  async drain(): Promise<void> {
    await this.enter<void>((done) => {
      done();
      return undefined;
    }, true);
  }

  /**
   * On a full disk SQLite rolls a transaction back by itself. TypeORM's own rollback then fails, its one runner takes
   * all that follows for nested, and after a second failure nothing is ever committed again. So the transaction is
   * ended here, and the next one gets a new runner.
   */
  private leaveTransaction(): void {
    if (this.handle.inTransaction) this.handle.exec('ROLLBACK');
    const driver = this.dataSource.driver as unknown as { queryRunner: QueryRunner | undefined };
    driver.queryRunner = undefined;
  }

  private enter<T>(
    start: (done: (value: T) => void, failed: (error: unknown) => void) => Promise<void> | undefined,
    always = false,
  ): Promise<T> {
    if (!always && this.waiting.length >= MAX_WAITING) return Promise.reject(unavailable());
    return new Promise<T>((done, failed) => {
      this.waiting.push(() => start(done, failed));
      if (!this.busy) this.next();
    });
  }

  private next(): void {
    this.busy = true;
    for (let turn = this.waiting.shift(); turn; turn = this.waiting.shift()) {
      const running = turn();
      if (!running) continue;
      void running.finally(() => this.next());
      return;
    }
    this.busy = false;
  }
}
