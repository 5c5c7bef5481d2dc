import type { NextFunction, RequestHandler } from 'express';

/**
 * Lets one request begin in each turn of the event loop. However many arrive in one turn (fifty people who log in at
 * the same moment), what open sockets have sent is read between them, and waits for one request rather than for all.
 */
export function turnstile(): RequestHandler {
  const waiting: NextFunction[] = [];
  let isTaken = false;

  const turn = (): void => {
    const next = waiting.shift();
    isTaken = next !== undefined;
    if (!next) return;
    setImmediate(turn);
    next();
  };

  return (_request, _response, next) => {
    if (isTaken) {
      waiting.push(next);
      return;
    }
    isTaken = true;
    setImmediate(turn);
    next();
  };
}
