import type { DataSource } from 'typeorm';
import { EVENTS, type EventPayload, type EventSubject } from '@app/contracts/bus';
import type { Logger } from 'pino';
import type { SqliteHandle } from '../database/sqlite.js';
import type { WriteQueue } from '../database/write-queue.js';
import type { BusClient } from '../bus/bus-client.js';

/** The table of unconfirmed events, which the migrations of every service with an outbox create. */
export const OUTBOX_TABLE = `CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  payload TEXT NOT NULL,
  pending TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT`;

const CONFIRM_TIMEOUT_MS = 4_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/** How many events are sent at once, and how many wait in memory to be sent again. */
const MAX_SENDING = 100;
const MAX_PENDING = 1_000;

/** An event that is being sent, or waits to be sent again. */
interface Attempt {
  retryMs: number;
  /** Sends it again at once, if it waits. */
  again: () => void;
  timer?: NodeJS.Timeout;
}

interface OutboxRow {
  readonly id: number;
  readonly subject: string;
  readonly payload: string;
  readonly pending: string;
}

/** Stores an event within the transaction that causes it; `Outbox.deliver` sends it after the commit. */
export function addToOutbox<S extends EventSubject>(
  handle: SqliteHandle,
  subject: S,
  payload: EventPayload<S>,
): void {
  handle
    .prepare('INSERT INTO outbox (subject, payload, pending, created_at) VALUES (?, ?, ?, ?)')
    .run(subject, JSON.stringify(payload), EVENTS[subject].confirmedBy.join(' '), Date.now());
}

/**
 * The transactional outbox: an event is stored in the transaction that causes it, and sent until every subscriber has
 * confirmed it after a commit of its own. Each event is retried on its own, so one that keeps failing blocks no other.
 */
export class Outbox {
  private readonly attempts = new Map<number, Attempt>();
  private notes: { id: number; pending: string }[] = [];
  private noting: Promise<void> | undefined;
  private sending = 0;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: WriteQueue,
    private readonly bus: BusClient,
    private readonly logger: Logger,
  ) {
    bus.onReconnect(() => {
      this.retryNow();
      this.deliver();
    });
  }

  /**
   * Sends the waiting events, a limited number at once so that other calls need not wait behind them; one that fails is
   * sent again after 0.25 s, then after ever longer pauses up to 10 s. Never throws: what cannot be read now is sent at
   * the next call.
   */
  deliver(): void {
    // Only what is committed: an event of a transaction that is rolled back is never sent.
    this.queue
      .read((handle) => this.sendWaiting(handle))
      .catch((error: unknown) => this.logger.error({ err: error }, 'cannot read the waiting events'));
  }

  private sendWaiting(handle: SqliteHandle): void {
    if (this.stopped || this.sending > MAX_SENDING / 2) return;
    const rows = handle
      .prepare<[string, number], OutboxRow>(
        `SELECT id, subject, payload, pending FROM outbox
          WHERE id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`,
      )
      .all(
        JSON.stringify([...this.attempts.keys()]),
        Math.max(0, Math.min(MAX_SENDING - this.sending, MAX_PENDING - this.attempts.size)),
      );
    for (const row of rows) {
      const attempt = { retryMs: FIRST_RETRY_MS, again: () => undefined };
      this.attempts.set(row.id, attempt);
      void this.send(row, attempt);
    }
  }

  private retryNow(): void {
    for (const attempt of this.attempts.values()) {
      attempt.retryMs = FIRST_RETRY_MS;
      attempt.again();
    }
  }

  /** Returns how many events are unconfirmed, and the age of the oldest in milliseconds. */
  async backlog(): Promise<{ pending: number; oldestMs: number }> {
    const [row] = await this.dataSource.query<{ pending: number; oldest: number | null }[]>(
      'SELECT count(*) AS pending, min(created_at) AS oldest FROM outbox',
    );
    return {
      pending: row?.pending ?? 0,
      oldestMs: row?.oldest == null ? 0 : Math.max(0, Date.now() - row.oldest),
    };
  }

  /** Stops sending; unconfirmed events wait for the next start. */
  stop(): void {
    this.stopped = true;
    for (const { timer } of this.attempts.values()) clearTimeout(timer);
  }

  private async send(row: OutboxRow, attempt: Attempt): Promise<void> {
    let pending = row.pending.split(' ').filter(Boolean);
    this.sending++;
    try {
      const confirmed = await this.bus.publishConfirmed(
        row.subject,
        row.payload,
        EVENTS[row.subject as EventSubject].confirmedBy.length,
        CONFIRM_TIMEOUT_MS,
      );
      pending = pending.filter((service) => !confirmed.includes(service));
      if (this.stopped) return;
      if (confirmed.length > 0) await this.note(row.id, pending);
    } catch (error) {
      this.logger.error({ err: error, subject: row.subject }, 'cannot store the confirmation of an event');
      pending = row.pending.split(' ').filter(Boolean);
    } finally {
      this.sending--;
    }
    if (this.stopped) return;
    if (pending.length === 0) this.attempts.delete(row.id);
    else this.sendLater({ ...row, pending: pending.join(' ') }, attempt);
    this.deliver();
  }

  private sendLater(row: OutboxRow, attempt: Attempt): void {
    const { retryMs } = attempt;
    this.logger.warn(
      { subject: row.subject, pending: row.pending.split(' '), retryMs },
      'an event is not confirmed yet',
    );
    attempt.retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    attempt.again = () => {
      clearTimeout(attempt.timer);
      attempt.again = () => undefined;
      void this.send(row, attempt);
    };
    attempt.timer = setTimeout(() => attempt.again(), retryMs);
  }

  /** Stores which services have not confirmed an event yet; all calls before the next commit share it. */
  private note(id: number, pending: readonly string[]): Promise<void> {
    this.notes.push({ id, pending: pending.join(' ') });
    // Begins after this call: a batch may run at once, and would end before `noting` is set.
    this.noting ??= Promise.resolve().then(() => {
      this.noting = undefined;
      const notes = this.notes;
      this.notes = [];
      return this.queue.batch((db) => {
        const done = db.prepare('DELETE FROM outbox WHERE id = ?');
        const left = db.prepare('UPDATE outbox SET pending = ? WHERE id = ?');
        for (const note of notes)
          if (note.pending === '') done.run(note.id);
          else left.run(note.pending, note.id);
      });
    });
    return this.noting;
  }
}
