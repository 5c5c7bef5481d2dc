import { AsyncLocalStorage } from 'node:async_hooks';

const context = new AsyncLocalStorage<string>();

/** The form of an id: anything else that comes over the bus is neither used nor logged. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the id of the current request, if there is one. It is no secret, and identifies no user. */
export function currentRequestId(): string | undefined {
  return context.getStore();
}

/**
 * Runs work for a request: every line logged meanwhile, and every request sent over the bus, carries its id.
 * @param work all that it awaits belongs to it
 * @param id the request's id, for example from another service; by default the current id, or a new one
 */
export function withRequestId<T>(work: () => T, id: string | undefined = context.getStore()): T {
  return context.run(id !== undefined && ID.test(id) ? id : crypto.randomUUID(), work);
}
