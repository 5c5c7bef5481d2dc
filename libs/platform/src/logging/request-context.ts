import { AsyncLocalStorage } from 'node:async_hooks';

const context = new AsyncLocalStorage<string>();

/** An id as it is made here; what comes over the bus and does not look like one is not believed, nor logged. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id of the request that is worked on, where there is one. It is no secret, and says nothing of who asks. */
export function currentRequestId(): string | undefined {
  return context.getStore();
}

/**
 * Does work on behalf of a request: every line logged meanwhile, and every question asked over the bus, carries its id.
 * @param work what is done, with all that it awaits
 * @param id the request's id, such as another service gave it; without one the present id goes on, or a new one begins
 */
export function inRequest<T>(work: () => T, id: string | undefined = context.getStore()): T {
  return context.run(id !== undefined && ID.test(id) ? id : crypto.randomUUID(), work);
}
