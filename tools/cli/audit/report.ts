import { setTimeout as pause } from 'node:timers/promises';

/** How a check ended; one that could not be made is never `passed`. */
type Status = 'passed' | 'failed' | 'not possible' | 'note';

/** What a check says; it has failed when there is a finding, and passed otherwise, unless it names its status. */
export interface Outcome {
  readonly status?: Status;
  readonly says: string;
  readonly findings?: readonly string[];
}

interface Result {
  readonly id: string;
  readonly status: Status;
  readonly says: string;
  readonly findings: readonly string[];
}

/** What the audit has found, as text for people and as JSON for programs; progress goes to standard error. */
export class Report {
  private readonly results: Result[] = [];
  private readonly began = performance.now();

  /** Seconds since the audit began. */
  get seconds(): number {
    return Math.round((performance.now() - this.began) / 100) / 10;
  }

  /** Prints what is done now. */
  step(what: string): void {
    console.error(`audit: ${this.seconds.toFixed(1).padStart(5)} s  ${what} …`);
  }

  /** Makes a check and keeps its result; a check that breaks has failed. */
  async check(id: string, check: () => Outcome | Promise<Outcome>): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await check();
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
      outcome = { says: 'the check itself broke', findings: [why] };
    }
    const findings = [...new Set(outcome.findings ?? [])];
    const status = outcome.status ?? (findings.length > 0 ? 'failed' : 'passed');
    this.results.push({ id, status, says: outcome.says, findings });
    // A long check has held everything up: connections that were closed meanwhile are noticed now, not when used.
    await pause(10);
  }

  /** Whether nothing has failed. */
  get ok(): boolean {
    return this.results.every(({ status }) => status !== 'failed');
  }

  /** Returns it for people. */
  text(): string {
    const lines = this.results.flatMap(({ id, status, says, findings }) => [
      `${status.toUpperCase().padEnd(12)} ${id.padEnd(16)} ${says}`,
      ...findings.slice(0, 10).map((finding) => `${' '.repeat(30)}- ${finding}`),
      ...(findings.length > 10 ? [`${' '.repeat(30)}- and ${findings.length - 10} more`] : []),
    ]);
    const failed = this.results.filter(({ status }) => status === 'failed').map(({ id }) => id);
    const verdict = failed.length === 0 ? 'Nothing was found.' : `FAILED: ${failed.join(', ')}`;
    return [...lines, '', `${verdict} (${this.seconds} s)`].join('\n');
  }

  /** Returns it for programs. */
  json(): string {
    return JSON.stringify({ ok: this.ok, seconds: this.seconds, checks: this.results }, undefined, 2);
  }
}
