import { fork, type ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerUnderLoad } from '../servers/server-under-load.js';
import type { Load, Order, Report, RunResult } from './protocol.js';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

/** How long one run may take longer than it measures: warm-up, answers, the check of the history. */
const PATIENCE_MS = 120_000;

/** The generator's process, seen from the bench. */
export class Generator {
  private readonly process: ChildProcess = fork(PROGRAM);

  /** Connects all members of a server. */
  async connect({ name, url, members }: ServerUnderLoad): Promise<void> {
    for await (const report of this.order({ kind: 'connect', server: name, url, members }, PATIENCE_MS))
      if (report.kind === 'connected') return;
  }

  /**
   * Makes one run.
   * @param mark called when the time that counts begins and ends
   */
  async run(
    server: ServerUnderLoad,
    shape: { load: Load; warmUpMs: number; measureMs: number },
    mark: (at: 'measuring' | 'measured') => void,
  ): Promise<RunResult> {
    const patience = shape.warmUpMs + shape.measureMs + PATIENCE_MS;
    for await (const report of this.order({ kind: 'run', server: server.name, ...shape }, patience)) {
      if (report.kind === 'measuring' || report.kind === 'measured') mark(report.kind);
      if (report.kind === 'ran') return report.result;
    }
    throw new Error('the generator ended');
  }

  /** Ends the connections and the process. */
  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.send({ kind: 'end' } satisfies Order);
    await ended;
  }

  private async *order(order: Order, patienceMs: number): AsyncGenerator<Report> {
    const reports = on(this.process, 'message', { signal: AbortSignal.timeout(patienceMs) }) as AsyncIterable<
      [Report]
    >;
    this.process.send(order);
    for await (const [report] of reports) {
      if (report.kind === 'failed') throw new Error(report.reason);
      yield report;
    }
  }
}
