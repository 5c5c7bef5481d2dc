/**
 * All that the services ask of V8 while they run. docs/architecture.md ("Memory") says what each gives;
 * tools/node-flags.mjs has the flags that they are started with.
 */
import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Frees the memory that only the start needed. Code is optimized from now on, where --no-opt has kept V8 from optimizing
 * the code of the start. Of all collections, only that of the inspector shrinks the young generation at once.
 */
export async function freeStartMemory(): Promise<void> {
  setFlagsFromString('--opt');
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}

let collect: ((options: { type: 'minor' }) => void) | undefined;

/** Collects the young generation, which takes about a millisecond if it is done often. */
export function collectYoungGeneration(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NonNullable<typeof collect>;
  }
  collect({ type: 'minor' });
}
