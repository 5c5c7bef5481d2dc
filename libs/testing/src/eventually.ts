import { setTimeout as pause } from 'node:timers/promises';

/** The default limit, in milliseconds: what takes a second may take this long on a busy machine. */
const LIMIT_MS = 90_000;

/**
 * Waits for an effect by polling, and returns the value of the probe.
 * @param probe returns the awaited value, or undefined, null or false as long as there is none; may throw meanwhile
 * @param what the effect in words, for the error message
 * @param limitMs the limit in milliseconds
 * @throws when the limit has passed, with the last error as cause
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  what: string,
  limitMs = LIMIT_MS,
): Promise<Exclude<T, undefined | null | false>> {
  const end = Date.now() + limitMs;
  let cause: unknown;
  while (Date.now() < end) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false)
        return value as Exclude<T, undefined | null | false>;
    } catch (error) {
      cause = error;
    }
    await pause(20);
  }
  throw new Error(`did not happen within ${limitMs} ms: ${what}`, { cause });
}
