import { eventually } from '@app/testing';

/** The limit in milliseconds. Recoveries take at most 4 s (docs/verdict.md); the rest is a margin for a busy machine. */
const LIMIT_MS = 60_000;

/**
 * Waits for an effect with a long limit, and returns the value of the probe.
 * @param probe returns the awaited value, or undefined, null or false as long as there is none; may throw meanwhile
 * @param what the effect in words
 * @param details returns further information for the error message
 * @throws when the limit has passed
 */
export async function waitFor<T>(
  probe: () => T | Promise<T>,
  what: string,
  details: () => string = () => '',
): Promise<Exclude<T, undefined | null | false>> {
  try {
    return await eventually(probe, what, LIMIT_MS);
  } catch (error) {
    throw new Error(`${what}: not within ${LIMIT_MS} ms ${details()}`, { cause: error });
  }
}
