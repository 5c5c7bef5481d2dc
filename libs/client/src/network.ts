/** The parts of a browser's global scope that tell about the network; all are missing in Node. */
interface BrowserScope {
  readonly navigator?: { readonly onLine?: boolean };
  addEventListener?(event: string, listener: () => void): void;
  removeEventListener?(event: string, listener: () => void): void;
}

/**
 * When it is worth to look at the connection again: the network went (`lost`), or it came, or the page came back to
 * the front, where timers may have slept (`maybe-back`).
 */
export type NetworkChange = 'lost' | 'maybe-back';

const CHANGES: Readonly<Record<string, NetworkChange>> = {
  offline: 'lost',
  online: 'maybe-back',
  pageshow: 'maybe-back',
  visibilitychange: 'maybe-back', // bubbles from the document to the window
};

/** Whether the browser has a network at all; always true where nobody can say. */
export function hasNetwork(): boolean {
  return (globalThis as unknown as BrowserScope).navigator?.onLine !== false;
}

/**
 * Tells of changes of the network.
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
