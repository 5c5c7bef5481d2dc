/** How often work that takes long reports, in milliseconds. */
const REPORT_EVERY_MS = 2_000;

/** Prints a line about the work under way, on standard error. */
export const say = (line: string): void => console.error(`secure-chat: ${line}`);

/** Returns a size for people. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Reports how far something is, every other second.
 * @param total bytes
 * @returns what takes the bytes that are done
 */
export function progress(what: string, total: number): (done: number) => void {
  let reportedAt = performance.now();
  return (done) => {
    if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    say(`${what}: ${megabytes(done)} of ${megabytes(total)}`);
  };
}
