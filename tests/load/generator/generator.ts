import { fork, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Report, RunResult } from './protocol.js';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

/** How long an order may take beside its measured period, in milliseconds. */
const ORDER_LIMIT_MS = 180_000;

/** The generator's process. */
export class Generator {
  private readonly process: ChildProcess = fork(PROGRAM);
  private readonly gone = new AbortController();

  constructor() {
    this.process.once('exit', () => this.gone.abort(new Error('the generator ended')));
  }

  /**
   * Executes a run.
   * @param mark called at the beginning and the end of the measured period
   */
  async run(
    order: Omit<Extract<Order, { kind: 'run' }>, 'kind'>,
    mark: (at: 'measuring' | 'measured') => void,
  ): Promise<RunResult> {
    const limitMs = order.warmUpMs + order.measureMs + ORDER_LIMIT_MS;
    for await (const report of this.reports({ kind: 'run', ...order }, limitMs)) {
      if (report.kind === 'measuring' || report.kind === 'measured') mark(report.kind);
      if (report.kind === 'ran') return report.result;
    }
    throw new Error('the generator ended');
  }

  /** Executes any other order. @returns its duration in milliseconds */
  async do(order: Exclude<Order, { kind: 'run' | 'end' }>): Promise<number> {
    for await (const report of this.reports(order, ORDER_LIMIT_MS))
      if (report.kind === 'done') return report.ms;
    throw new Error('the generator ended');
  }

  /** Closes the connections and ends the process. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.send({ kind: 'end' } satisfies Order);
    await ended;
  }

  private async *reports(order: Order, limitMs: number): AsyncGenerator<Report> {
    const reports = on(this.process, 'message', { signal: AbortSignal.timeout(limitMs) }) as AsyncIterable<
      [Report]
    >;
    this.process.send(order);
    for await (const [report] of reports) {
      if (report.kind === 'failed') throw new Error(report.reason);
      yield report;
    }
  }
}
