import { setTimeout as rest } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import {
  BatchSize,
  LOGGER,
  MAIN_THREAD_VACUUM_BYTES,
  readPragma,
  Scrubber,
  usedBytes,
  WriteQueue,
  type SqliteHandle,
} from '@app/platform';
import type { Logger } from 'pino';
import { ALL_COLUMNS, BLANK_ROW } from '../messages/stored-state.js';

/** From so many blanks on, and half as many as there are messages, the file is compacted. */
const FEWEST_BLANKS = 2_000;

/**
 * So many blanks stay between what is deleted and the first message. SQLite merges the page of a deleted row with two
 * neighbours at most, and 215 blanks at most fit a page: so no message is ever in a page that is merged, and none is
 * copied to where a later erasure would not find it.
 */
const MARGIN = 1_000;

/** The same in whole pages, for where they are counted: the two neighbours, and one to be sure. */
const BLANK_PAGES = 3;

/** How many pages one batch gives back at most: among many free pages SQLite looks long for each. */
const PAGES_PER_BATCH = 128;

/** So many free pages are kept for the next messages. */
const FREE_PAGES = 64;

/** In `leftovers`: rows were deleted, and the file must be rewritten before anything counts as erased. */
const MUST_REWRITE = 0;

/** So many rows are counted in the time in which one is changed. */
const COUNTED_PER_ROW = 5;

interface Row {
  readonly row: number;
  readonly ref: number;
}

/**
 * Gives the space of erased messages back, by batches so short that nobody waits for them.
 *
 * A file that is quickly rewritten is. In a larger one no message may be copied unnoticed, which a plain DELETE does.
 * So the emptied rows become blank rows, in place and without anything of the chat; when they are many, the messages among
 * them are appended anew and become blank rows where they stood; blanks are then deleted from the beginning of the file,
 * where nothing but blanks is near, and pages that are free are given back from its end. Nothing of this is noted:
 * after a crash it begins anew with what is left.
 */
@Injectable()
export class Compaction implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly size = new BatchSize();
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Goes on with what the last process left. */
  onApplicationBootstrap(): void {
    this.request();
  }

  /** Ends after the batch that is under way. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /**
   * Leaves no byte of emptied rows in the files.
   * @throws {StorageFailure} when a reader holds the log for longer than 3 s, and SQLite's own errors
   */
  async clear(): Promise<void> {
    if (await this.queue.transaction(isRewritten)) await this.rewrite();
    else await this.scrubber.truncateWal();
  }

  /** Has the space of emptied rows given back in the background. */
  request(): void {
    this.again = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** Resolves when no space is given back any more. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (this.again && !this.stopped) {
        this.again = false;
        await this.pass();
      }
    } catch (error) {
      this.logger.error({ err: error }, 'the space of erased messages could not be given back yet');
    }
  }

  private async pass(): Promise<void> {
    if (await this.queue.transaction((db) => mustRewrite(db))) await this.rewrite();
    await this.batches(emptyLeftovers);
    if (await this.isSparse()) await this.moveMessages();
    if (!(await this.queue.transaction(hasFreePages))) return;
    if (!(await this.queue.transaction(isRewritten))) await this.batches(givePagesBack);
    if (!this.stopped) await this.clear();
  }

  /** Whether so many rows are blanks that it pays to move the messages. */
  private async isSparse(): Promise<boolean> {
    let messages = 0;
    let head = 0;
    await this.batches((db, most) => {
      const { sum, last, count } = db
        .prepare(
          `SELECT total(last_seq) AS sum, max(ref) AS last, count(*) AS count
            FROM (SELECT ref, last_seq FROM heads WHERE ref > ? ORDER BY ref LIMIT ?)`,
        )
        .get(head, COUNTED_PER_ROW * most) as { sum: number; last: number | null; count: number };
      messages += sum;
      head = last ?? head;
      return count === COUNTED_PER_ROW * most;
    });
    const worth = Math.max(FEWEST_BLANKS, messages / 2);
    let blanks = 0;
    let ref = 0;
    await this.batches((db, most) => {
      const { count, last } = db
        .prepare(
          `SELECT count(*) AS count, min(ref) AS last
            FROM (SELECT ref FROM messages WHERE ref < ? ORDER BY ref DESC LIMIT ?)`,
        )
        .get(ref, COUNTED_PER_ROW * most) as { count: number; last: number | null };
      blanks += count;
      ref = last ?? ref;
      return blanks < worth && count === COUNTED_PER_ROW * most;
    });
    return blanks >= worth;
  }

  /** Appends the messages anew and deletes what they leave, from the first row to the one that is the last now. */
  private async moveMessages(): Promise<void> {
    const last = await this.queue.transaction((db) => lastRow(db));
    const blanks: number[] = [];
    let from = 0;
    await this.batches((db, most) => {
      const rows = db
        .prepare('SELECT row, ref FROM messages WHERE row > ? AND row <= ? ORDER BY row LIMIT ?')
        .all(from, last, most) as Row[];
      for (const { row, ref } of rows) {
        if (ref > 0) moveToEnd(db, row);
        blanks.push(row);
      }
      from = rows.at(-1)?.row ?? last;
      const far = blanks.splice(0, Math.max(0, blanks.length - MARGIN)).at(-1);
      if (far !== undefined) db.prepare('DELETE FROM messages WHERE row <= ?').run(far);
      return from < last;
    });
    await this.batches(deleteFirstBlanks);
  }

  private rewrite(): Promise<void> {
    return this.scrubber.scrub({
      before: (db) => {
        db.transaction(() => {
          db.prepare(
            'DELETE FROM messages WHERE ref < 0 OR ref IN (SELECT ref FROM leftovers WHERE ref > 0)',
          ).run();
          db.prepare('DELETE FROM leftovers').run();
          db.prepare('INSERT INTO leftovers (ref) VALUES (?)').run(MUST_REWRITE);
        }).immediate();
      },
      after: (db) => db.prepare('DELETE FROM leftovers WHERE ref = ?').run(MUST_REWRITE),
    });
  }

  /** Batches until one says that no more is to be done, resting after each as long as it took. */
  private async batches(work: (db: SqliteHandle, most: number) => boolean): Promise<void> {
    while (!this.stopped && (await this.size.batch(this.queue, work))) await rest(this.size.tookMs);
  }
}

function mustRewrite(db: SqliteHandle): boolean {
  return db.prepare('SELECT 1 FROM leftovers WHERE ref = ?').get(MUST_REWRITE) !== undefined;
}

function isRewritten(db: SqliteHandle): boolean {
  return usedBytes(db) <= MAIN_THREAD_VACUUM_BYTES || mustRewrite(db);
}

function lastRow(db: SqliteHandle): number {
  return db.prepare('SELECT coalesce(max(row), 0) FROM messages').pluck().get() as number;
}

/** Makes blanks of some rows of erased chats. */
function emptyLeftovers(db: SqliteHandle, most: number): boolean {
  const ref = db.prepare('SELECT min(ref) FROM leftovers WHERE ref > 0').pluck().get() as number | null;
  if (ref === null) return false;
  const rows = db
    .prepare('SELECT row FROM messages WHERE ref = ? LIMIT ?')
    .pluck()
    .all(ref, most) as number[];
  for (const row of rows) db.prepare(BLANK_ROW).run(row);
  if (rows.length < most) db.prepare('DELETE FROM leftovers WHERE ref = ?').run(ref);
  return true;
}

function moveToEnd(db: SqliteHandle, row: number): void {
  const message = db.prepare(`SELECT ${ALL_COLUMNS} FROM messages WHERE row = ?`).raw().get(row) as unknown[];
  db.prepare(BLANK_ROW).run(row);
  const places = message.map(() => '?').join(', ');
  db.prepare(`INSERT INTO messages (${ALL_COLUMNS}) VALUES (${places})`).run(...message);
}

/** Deletes blanks page by page up to the last pages of blanks before the first message. */
function deleteFirstBlanks(db: SqliteHandle): boolean {
  const rows = db.prepare('SELECT row, ref FROM messages ORDER BY row LIMIT ?').all(MARGIN) as Row[];
  const messageAt = rows.findIndex(({ ref }) => ref > 0);
  const blanks = rows.slice(0, messageAt < 0 ? rows.length : messageAt).map(({ row }) => row);
  const cells = db
    .prepare(
      "SELECT ncell FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf' ORDER BY name, path LIMIT ?",
    )
    .pluck()
    .all(PAGES_PER_BATCH) as number[];
  // The number of blanks up to the end of each page that holds nothing else.
  const ends: number[] = [];
  for (const cell of cells) {
    const end = (ends.at(-1) ?? 0) + cell;
    if (end > blanks.length) break;
    ends.push(end);
  }
  const far = blanks[(ends.at(-1 - BLANK_PAGES) ?? 0) - 1];
  if (far === undefined) return false;
  db.prepare('DELETE FROM messages WHERE row <= ?').run(far);
  return true;
}

function hasFreePages(db: SqliteHandle): boolean {
  return readPragma(db, 'freelist_count') > FREE_PAGES;
}

/**
 * Moves pages from the end of the file to free places; it is cut off when the log is written back. A file that was made
 * without auto_vacuum keeps its free pages for later messages until it is small enough to be rewritten.
 */
function givePagesBack(db: SqliteHandle, most: number): boolean {
  if (readPragma(db, 'auto_vacuum') === 0) return false;
  db.exec(`PRAGMA incremental_vacuum(${Math.min(PAGES_PER_BATCH, most)})`);
  return hasFreePages(db);
}
