import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_CODES, type Problem } from '@app/contracts/edge';
import type { Request } from 'express';
import { countHosts } from './edge-adapter.js';
import { stateOf } from '../request/request-state.js';

/**
 * Refuses a request with several Host headers, which a proxy and the server could read differently (RFC 9112, 3.2).
 * Closes the connection after a request whose `Upgrade` was ignored: Node loses what follows it in the same packet.
 */
export function http1Rules(
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
  if (countHosts(request) <= 1) return next();
  const code = 'VALIDATION_FAILED';
  const problem: Problem = {
    type: '/api/docs#validation-failed',
    ...ERROR_CODES[code],
    code,
    detail: 'The request has more than one Host header',
    requestId: stateOf(request as Request).requestId,
  };
  response.writeHead(problem.status, { 'Content-Type': 'application/problem+json', Connection: 'close' });
  response.end(JSON.stringify(problem));
}
