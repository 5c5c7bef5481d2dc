import { AsyncLocalStorage } from 'node:async_hooks';

interface Call {
  startedAt: number;
  /** Whether the call is answered, so that nobody waits for what goes on. */
  readonly answered: () => boolean;
}

const calls = new AsyncLocalStorage<Call>();

/**
 * Serves a call with a deadline, which all its requests to other services share: without it each of two services that hang
 * would take the full time.
 * @param answered says whether the call has been answered
 * @param serve what is done for the call, and all that follows from it
 */
export function withDeadline<T>(answered: () => boolean, serve: () => T): T {
  return calls.run({ startedAt: performance.now(), answered }, serve);
}

/**
 * Returns how much of a time limit remains to the call that is being served, if there is one.
 * @param timeoutMs the limit in milliseconds from the start of the call
 * @returns milliseconds, 1 at least
 */
export function timeLeft(timeoutMs: number): number {
  const call = calls.getStore();
  if (!call || call.answered()) return timeoutMs;
  return Math.max(1, call.startedAt + timeoutMs - performance.now());
}

/**
 * Extends the deadline of the call that is being served, by time that its caller took.
 * @param ms how long, in milliseconds
 */
export function leaveOut(ms: number): void {
  const call = calls.getStore();
  if (call) call.startedAt += ms;
}
