// What the audit has found, as text for people and as JSON for programs.
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {'passed' | 'failed' | 'not possible' | 'note'} Status a check that could not be made is never `passed` */
/** @typedef {{ id: string, status: Status, says: string, findings: string[] }} Result */
/** @typedef {{ status?: Status, says: string, findings?: string[] }} Outcome failed when there is a finding, else passed, unless told */

/** Collects the checks' results; tells on standard error what is being done. */
export class Report {
  /** @type {Result[]} */
  results = [];
  #began = Date.now();
  /** @type {(line: string) => void} */
  #progress;

  /** @param {(line: string) => void} [progress] */
  constructor(progress = (line) => console.error(line)) {
    this.#progress = progress;
  }

  /** Seconds since the audit began. */
  get seconds() {
    return Math.round((Date.now() - this.#began) / 100) / 10;
  }

  /** Says what is done now. @param {string} what */
  step(what) {
    this.#progress(`audit: ${this.seconds.toFixed(1).padStart(5)} s  ${what} …`);
  }

  /**
   * Makes a check and keeps its result; a check that breaks has failed.
   * @param {string} id
   * @param {() => Outcome | Promise<Outcome>} check
   */
  async check(id, check) {
    /** @type {Outcome} */
    let outcome;
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
  get ok() {
    return this.results.every(({ status }) => status !== 'failed');
  }

  /** For people. */
  text() {
    const lines = this.results.flatMap(({ id, status, says, findings }) => [
      `${status.toUpperCase().padEnd(12)} ${id.padEnd(16)} ${says}`,
      ...findings.slice(0, 10).map((finding) => `${' '.repeat(30)}- ${finding}`),
      ...(findings.length > 10 ? [`${' '.repeat(30)}- and ${findings.length - 10} more`] : []),
    ]);
    const failed = this.results.filter(({ status }) => status === 'failed').map(({ id }) => id);
    const verdict = failed.length === 0 ? 'Nothing was found.' : `FAILED: ${failed.join(', ')}`;
    return [...lines, '', `${verdict} (${this.seconds} s)`].join('\n');
  }

  /** For programs. */
  json() {
    return JSON.stringify({ ok: this.ok, seconds: this.seconds, checks: this.results }, undefined, 2);
  }
}
