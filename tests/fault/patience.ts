import { eventually } from '@app/testing';

/** Nothing here is about speed, and the machine may be busy with much else. */
const PATIENCE_MS = 150_000;

/**
 * Waits long for what must happen.
 * @param probe gives the awaited value, or undefined, null or false while it is not there; may throw meanwhile
 * @param what the effect in words
 * @param tell what is to be known if it does not happen
 * @throws when it did not happen
 */
export async function patiently<T>(
  probe: () => T | Promise<T>,
  what: string,
  tell: () => string = () => '',
): Promise<Exclude<T, undefined | null | false>> {
  try {
    return await eventually(probe, what, PATIENCE_MS);
  } catch (error) {
    throw new Error(`${what}: not within ${PATIENCE_MS} ms ${tell()}`, { cause: error });
  }
}
