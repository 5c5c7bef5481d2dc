/** Runs a synchronous query: within a transaction at once, otherwise when what it reads is committed. */
export type RunQuery = <T>(query: () => T) => Promise<T>;
