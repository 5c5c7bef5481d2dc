import { toApiError, type ApiError } from './api-error.js';
import { Backoff, pause } from './backoff.js';

/** How long work goes on while the server is busy or away. */
export interface Patience {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** The last try failed with this and is repeated after a pause; null once one has succeeded. */
  readonly onWaiting: (cause: ApiError | null) => void;
}

const LONGEST_PAUSE_MS = 3_000;

/**
 * Makes a call until it succeeds: what may work later is tried again, no sooner than the server asks for.
 * @throws ApiError for a definite refusal, or the last failure once `signal` is aborted
 */
export async function patiently<T>(call: () => Promise<T>, { signal, onWaiting }: Patience): Promise<T> {
  const backoff = new Backoff(250, LONGEST_PAUSE_MS);
  for (;;) {
    try {
      const answer = await call();
      onWaiting(null);
      return answer;
    } catch (error) {
      const failure = toApiError(error);
      if (!failure.transient || signal.aborted) throw failure;
      onWaiting(failure);
      await pause(backoff.next(failure), signal);
      if (signal.aborted) throw failure;
    }
  }
}
