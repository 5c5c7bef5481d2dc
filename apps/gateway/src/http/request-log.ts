import { serveInTime } from '@app/platform';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { stateOf } from './request-state.js';

/** Gives each request an id and the time it may take, and logs its route (never its path or query), status and time. */
export function requestLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const { requestId } = stateOf(request);
    const began = performance.now();
    response.set('X-Request-Id', requestId);
    response.on('finish', () => {
      const route: unknown = request.route;
      const path: unknown = typeof route === 'object' && route ? Reflect.get(route, 'path') : undefined;
      const line = {
        requestId,
        method: request.method,
        route: path,
        status: response.statusCode,
        ms: Math.round(performance.now() - began),
      };
      if (response.statusCode >= 500) logger.warn(line, 'request failed');
      else logger.debug(line, 'request');
    });
    serveInTime(() => response.headersSent, next);
  };
}
