import { eventually } from '@app/testing';

/** Recoveries take 4 s at the worst (docs/verdict.md): a machine that is busy with much else is given its share. */
const PATIENCE_MS = 60_000;

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
