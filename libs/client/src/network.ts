/** The parts of a browser's global scope that report the network; all are missing in Node. */
interface BrowserScope {
  readonly navigator?: { readonly onLine?: boolean };
  addEventListener?(event: string, listener: () => void): void;
  removeEventListener?(event: string, listener: () => void): void;
}

/**
 * When to check the connection: the network was lost (`lost`), or it came back, or the page became visible again after
 * its timers may have been suspended (`maybe-back`).
 */
export type NetworkChange = 'lost' | 'maybe-back';

const CHANGES: Readonly<Record<string, NetworkChange>> = {
  offline: 'lost',
  online: 'maybe-back',
  pageshow: 'maybe-back',
  visibilitychange: 'maybe-back', // bubbles from the document to the window
};

/** Whether the browser has a network; true if that is unknown. */
export function hasNetwork(): boolean {
  return (globalThis as unknown as BrowserScope).navigator?.onLine !== false;
}

/**
 * Calls a listener on changes of the network.
 * @returns a function that ends it
 */
export function onNetworkChange(listener: (change: NetworkChange) => void): () => void {
  const scope = globalThis as unknown as BrowserScope;
  const ends = Object.entries(CHANGES).map(([event, change]) => {
    const tell = (): void => listener(change);
    scope.addEventListener?.(event, tell);
    return (): void => scope.removeEventListener?.(event, tell);
  });
  return () => ends.forEach((end) => end());
}
