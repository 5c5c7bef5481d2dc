import type { Request } from 'express';
import type { VerifiedSession } from '../../services/auth.client.js';

/** What the gateway attaches to a request. */
export interface RequestState {
  requestId: string;
  session?: VerifiedSession;
}

const states = new WeakMap<Request, RequestState>();

/** Returns the state of a request, and creates it at the first call. */
export function stateOf(request: Request): RequestState {
  let state = states.get(request);
  if (!state) states.set(request, (state = { requestId: crypto.randomUUID() }));
  return state;
}
