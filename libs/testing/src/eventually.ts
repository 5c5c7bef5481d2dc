import { setTimeout as pause } from 'node:timers/promises';

/** What takes a second may take so long on a machine that is busy with much else, in milliseconds. */
const LIMIT_MS = 90_000;

/**
 * Waits for an effect: asks until the answer is there, instead of sleeping for a guessed time.
 * @param probe gives the awaited value, or undefined, null or false while it is not there; may throw meanwhile
 * @param what the effect in words, for the failure's message
 * @param limitMs after how long to give up, in milliseconds
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
