/** The accuracy of the `Date` header, including the duration of a call. In milliseconds. */
const TOLERANCE_MS = 5_000;

/**
 * The server's time, because the clock of this device may be wrong by hours. It is measured with the first answer, and
 * again after the clock was changed.
 */
export class ServerClock {
  #offsetMs = 0;
  #measuredAt: { readonly date: number; readonly monotonic: number } | undefined;

  /** Returns milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Updates the time from an answer. @param header its `Date` header, or null */
  note(header: string | null): void {
    const server = Date.parse(header ?? '');
    if (Number.isNaN(server) || !this.#wasSet()) return;
    const date = Date.now();
    this.#measuredAt = { date, monotonic: performance.now() };
    this.#offsetMs = Math.abs(server - date) > TOLERANCE_MS ? server - date : 0;
  }

  /** Whether the clock of this device was changed, or was never compared. */
  #wasSet(): boolean {
    if (!this.#measuredAt) return true;
    const { date, monotonic } = this.#measuredAt;
    return Math.abs(Date.now() - date - (performance.now() - monotonic)) > TOLERANCE_MS;
  }
}
