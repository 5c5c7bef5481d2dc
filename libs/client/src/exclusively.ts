/** The part of a browser's lock manager that is needed here; missing in Node and in pages over plain HTTP. */
interface LockScope {
  readonly navigator?: {
    readonly locks?: { request<T>(name: string, run: () => Promise<T>): Promise<T> };
  };
}

/**
 * Runs something while no other tab of this browser runs what has the same name. Where there are no locks (Node, a
 * page over plain HTTP) it runs at once.
 * @returns what `run` gives; rejects as it does
 */
export function exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
  const { locks } = (globalThis as unknown as LockScope).navigator ?? {};
  return locks ? locks.request(`secure-chat.${name}`, run) : run();
}
