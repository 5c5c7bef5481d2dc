import { AsyncLocalStorage } from 'node:async_hooks';

interface Call {
  begunAt: number;
  /** Whether the call is answered, so that what goes on serves nobody who waits. */
  readonly answered: () => boolean;
}

const calls = new AsyncLocalStorage<Call>();

/**
 * Serves a call whose answer is promised within a time: what it asks of other services, one after the other, shares
 * that time. Without this two services that hang would each take their own.
 * @param answered says whether the call has been answered
 * @param serve what is done for the call, and all that follows from it
 */
export function serveInTime<T>(answered: () => boolean, serve: () => T): T {
  return calls.run({ begunAt: performance.now(), answered }, serve);
}

/**
 * How much of a time limit is left to the call that is served, if one is.
 * @param timeoutMs the limit in milliseconds, counted from the beginning of the call
 * @returns milliseconds, 1 at least
 */
export function timeLeft(timeoutMs: number): number {
  const call = calls.getStore();
  if (!call || call.answered()) return timeoutMs;
  return Math.max(1, call.begunAt + timeoutMs - performance.now());
}

/**
 * Leaves a while out of the time of the call that is served: it was not the server's.
 * @param ms how long it was, in milliseconds
 */
export function leaveOut(ms: number): void {
  const call = calls.getStore();
  if (call) call.begunAt += ms;
}
