import type { Request } from 'express';
import type { VerifiedSession } from '../../services/auth.client.js';

/** What the gateway knows of a request. */
export interface RequestState {
  requestId: string;
  session?: VerifiedSession;
}

const states = new WeakMap<Request, RequestState>();

/** The state of a request. */
export function stateOf(request: Request): RequestState {
  let state = states.get(request);
  if (!state) states.set(request, (state = { requestId: crypto.randomUUID() }));
  return state;
}
