/** How exact the `Date` header is, with the time an answer takes. In milliseconds. */
const TOLERANCE_MS = 5_000;

/**
 * The server's time: this machine's clock may be wrong by hours. Measured by the first answer, and again once this
 * clock was set.
 */
export class ServerClock {
  #offsetMs = 0;
  #measuredAt: { readonly date: number; readonly monotonic: number } | undefined;

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Takes what an answer says. @param header its `Date` header, or null */
  note(header: string | null): void {
    const server = Date.parse(header ?? '');
    if (Number.isNaN(server) || !this.#wasSet()) return;
    const date = Date.now();
    this.#measuredAt = { date, monotonic: performance.now() };
    this.#offsetMs = Math.abs(server - date) > TOLERANCE_MS ? server - date : 0;
  }

  /** Whether this machine's clock has moved otherwise than time, or was never compared. */
  #wasSet(): boolean {
    if (!this.#measuredAt) return true;
    const { date, monotonic } = this.#measuredAt;
    return Math.abs(Date.now() - date - (performance.now() - monotonic)) > TOLERANCE_MS;
  }
}
