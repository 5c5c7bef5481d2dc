import type { DataSource, EntityManager } from 'typeorm';
import { EVENTS, type EventPayload, type EventSubject } from '@app/contracts/bus';
import type { Logger } from 'pino';
import type { WriteQueue } from '../database/write-queue.js';
import type { BusClient } from './bus-client.js';

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

interface OutboxRow {
  readonly id: number;
  readonly subject: string;
  readonly payload: string;
  readonly pending: string;
}

/**
 * The transactional outbox: an event is written in the transaction that causes it and sent until each service
 * concerned has confirmed it after its own commit. Each event has a clock of its own, so one that keeps failing
 * blocks no other.
 */
export class Outbox {
  private readonly underWay = new Map<number, { retryMs: number; timer?: NodeJS.Timeout }>();
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly queue: WriteQueue,
    private readonly bus: BusClient,
    private readonly logger: Logger,
  ) {
    bus.onReconnect(() => void this.deliverAll());
  }

  /** Writes an event with the transaction that causes it. Call `deliverAll` after its commit. */
  async add<S extends EventSubject>(
    manager: EntityManager,
    subject: S,
    payload: EventPayload<S>,
  ): Promise<void> {
    await manager.query('INSERT INTO outbox (subject, payload, pending, created_at) VALUES (?, ?, ?, ?)', [
      subject,
      JSON.stringify(payload),
      EVENTS[subject].confirmedBy.join(' '),
      Date.now(),
    ]);
  }

  /**
   * Sends every event that is not under way; those that fail are sent again, 0.25 s later and then ever slower up
   * to 10 s. Never throws: what cannot be read now is sent at the next call.
   */
  async deliverAll(): Promise<void> {
    if (this.stopped) return;
    let rows: OutboxRow[];
    try {
      rows = await this.dataSource.query<OutboxRow[]>(
        'SELECT id, subject, payload, pending FROM outbox ORDER BY id LIMIT 1000',
      );
    } catch (error) {
      this.logger.error({ err: error }, 'the events that wait cannot be read');
      return;
    }
    for (const row of rows) {
      const waiting = this.underWay.get(row.id);
      if (waiting && !waiting.timer) continue;
      clearTimeout(waiting?.timer);
      const attempt = { retryMs: FIRST_RETRY_MS };
      this.underWay.set(row.id, attempt);
      void this.deliver(row, attempt);
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

  private async deliver(row: OutboxRow, attempt: { retryMs: number; timer?: NodeJS.Timeout }): Promise<void> {
    let pending = row.pending.split(' ').filter(Boolean);
    try {
      const confirmed = await this.bus.confirm(
        row.subject,
        row.payload,
        EVENTS[row.subject as EventSubject].confirmedBy.length,
        CONFIRM_TIMEOUT_MS,
      );
      pending = pending.filter((service) => !confirmed.includes(service));
      if (this.stopped) return;
      if (pending.length === 0) {
        await this.queue.save((manager) => manager.query('DELETE FROM outbox WHERE id = ?', [row.id]));
        this.underWay.delete(row.id);
        // More may wait than one turn takes.
        if (this.underWay.size === 0) await this.deliverAll();
        return;
      }
      await this.queue.save((manager) =>
        manager.query('UPDATE outbox SET pending = ? WHERE id = ?', [pending.join(' '), row.id]),
      );
    } catch (error) {
      this.logger.error({ err: error, subject: row.subject }, 'an event could not be noted as confirmed');
    }
    if (this.stopped) return;
    this.logger.warn(
      { subject: row.subject, pending, retryMs: attempt.retryMs },
      'an event is not confirmed yet',
    );
    attempt.timer = setTimeout(() => {
      delete attempt.timer;
      attempt.retryMs = Math.min(attempt.retryMs * 2, LAST_RETRY_MS);
      void this.deliver({ ...row, pending: pending.join(' ') }, attempt);
    }, attempt.retryMs);
  }
}
