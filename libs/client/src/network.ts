/** The parts of a browser's global scope that tell about the network; all are missing in Node. */
interface BrowserScope {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: { readonly visibilityState: string };
  addEventListener?(event: string, listener: () => void): void;
  removeEventListener?(event: string, listener: () => void): void;
}

/** Whether the browser has a network at all; always true where nobody can say. */
export function hasNetwork(): boolean {
  return (globalThis as unknown as BrowserScope).navigator?.onLine !== false;
}

/**
 * Tells when it is worth to look at the connection again: the network came or went, or the page came back to
 * the front (where timers may have slept).
 * @param listener called at each such moment
 * @returns a function that ends it
 */
export function onNetworkChange(listener: () => void): () => void {
  const scope = globalThis as unknown as BrowserScope;
  // `visibilitychange` bubbles from the document to the window.
  const events = ['online', 'offline', 'visibilitychange', 'pageshow'];
  for (const event of events) scope.addEventListener?.(event, listener);
  return () => {
    for (const event of events) scope.removeEventListener?.(event, listener);
  };
}
