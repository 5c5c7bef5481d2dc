import type { DataSource } from 'typeorm';
import { EVENTS, type EventPayload, type EventSubject } from '@app/contracts/bus';
import type { Logger } from 'pino';
import type { SqliteHandle } from '../database/sqlite.js';
import type { WriteQueue } from '../database/write-queue.js';
import type { BusClient } from '../bus/bus-client.js';

/** The table of events that are not confirmed by everyone yet; every service that has an outbox makes it. */
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

/** How many events are sent at the same time, and how many wait in memory to be sent again. */
const MOST_AT_ONCE = 100;
const MOST_UNDER_WAY = 1_000;

/** An event that is under way. */
interface Attempt {
  retryMs: number;
  /** Sends it again at once, where that waits. */
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
 * The transactional outbox: an event is written in the transaction that causes it and sent until each service
 * concerned has confirmed it after its own commit. Each event has a clock of its own, so one that keeps failing
 * blocks no other.
 */
export class Outbox {
  private readonly underWay = new Map<number, Attempt>();
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
   * Sends the events that are not under way, so many at once that others' calls need not wait behind them; those that
   * fail are sent again, 0.25 s later and then ever slower up to 10 s. Never throws: what cannot be read now is sent at
   * the next call.
   */
  deliver(): void {
    // Only what is committed: an event of a transaction that is rolled back is never sent.
    this.queue
      .read((handle) => this.sendWaiting(handle))
      .catch((error: unknown) => this.logger.error({ err: error }, 'cannot read the waiting events'));
  }

  private sendWaiting(handle: SqliteHandle): void {
    if (this.stopped || this.sending > MOST_AT_ONCE / 2) return;
    const rows = handle
      .prepare<[string, number], OutboxRow>(
        `SELECT id, subject, payload, pending FROM outbox
          WHERE id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`,
      )
      .all(
        JSON.stringify([...this.underWay.keys()]),
        Math.max(0, Math.min(MOST_AT_ONCE - this.sending, MOST_UNDER_WAY - this.underWay.size)),
      );
    for (const row of rows) {
      const attempt = { retryMs: FIRST_RETRY_MS, again: () => undefined };
      this.underWay.set(row.id, attempt);
      void this.send(row, attempt);
    }
  }

  private retryNow(): void {
    for (const attempt of this.underWay.values()) {
      attempt.retryMs = FIRST_RETRY_MS;
      attempt.again();
    }
  }

  /** How many events wait to be confirmed, and the age of the oldest in milliseconds. */
  async backlog(): Promise<{ pending: number; oldestMs: number }> {
    const [row] = await this.dataSource.query<{ pending: number; oldest: number | null }[]>(
      'SELECT count(*) AS pending, min(created_at) AS oldest FROM outbox',
    );
    return {
      pending: row?.pending ?? 0,
      oldestMs: row?.oldest == null ? 0 : Math.max(0, Date.now() - row.oldest),
    };
  }

  /** Sends nothing any more; what is pending waits for the next start. */
  stop(): void {
    this.stopped = true;
    for (const { timer } of this.underWay.values()) clearTimeout(timer);
  }

  private async send(row: OutboxRow, attempt: Attempt): Promise<void> {
    let pending = row.pending.split(' ').filter(Boolean);
    this.sending++;
    try {
      const confirmed = await this.bus.confirm(
        row.subject,
        row.payload,
        EVENTS[row.subject as EventSubject].confirmedBy.length,
        CONFIRM_TIMEOUT_MS,
      );
      pending = pending.filter((service) => !confirmed.includes(service));
      if (this.stopped) return;
      if (confirmed.length > 0) await this.note(row.id, pending);
    } catch (error) {
      this.logger.error({ err: error, subject: row.subject }, 'an event could not be noted as confirmed');
      pending = row.pending.split(' ').filter(Boolean);
    } finally {
      this.sending--;
    }
    if (this.stopped) return;
    if (pending.length === 0) this.underWay.delete(row.id);
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

  /** Notes who has not confirmed an event yet; all that comes before the next commit shares it. */
  private note(id: number, pending: readonly string[]): Promise<void> {
    this.notes.push({ id, pending: pending.join(' ') });
    // Begins after this call: a batch may run at once, and would end before it was kept.
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
