/** The part of a browser's lock manager that is used here; it is missing in Node and in pages over plain HTTP. */
interface LockScope {
  readonly navigator?: {
    readonly locks?: { request<T>(name: string, run: () => Promise<T>): Promise<T> };
  };
}

/**
 * Runs a function while no other tab of this browser runs one with the same name. Without locks (Node, a page over
 * plain HTTP) it runs immediately.
 * @returns the result of `run`
 */
export function exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
  const { locks } = (globalThis as unknown as LockScope).navigator ?? {};
  return locks ? locks.request(`secure-chat.${name}`, run) : run();
}
