import type { RequestHandler } from 'express';
import { inRequest, serveInTime, type Telemetry } from '@app/platform';
import type { Logger } from 'pino';
import { stateOf } from '../../request/request-state.js';

/**
 * Gives each request the time it may take and an id, under which all that follows is done here and in other services,
 * and logs its route (never its path or query), status and time.
 */
export function requestLog(logger: Logger, telemetry: Telemetry): RequestHandler {
  const answers = telemetry.counter(
    'http_answers_total',
    'Answers to HTTP requests by class of status.',
    'status',
  );
  return (request, response, next) => {
    const { requestId } = stateOf(request);
    const began = performance.now();
    response.set('X-Request-Id', requestId);
    response.on('finish', () => {
      answers.inc(`${Math.floor(response.statusCode / 100)}xx`);
      const route: unknown = request.route;
      const path: unknown = typeof route === 'object' && route ? Reflect.get(route, 'path') : undefined;
      const line = {
        requestId,
        method: request.method,
        route: path,
        status: response.statusCode,
        ms: Math.round(performance.now() - began),
      };
      // Whoever watches asks all the time: the log says when readiness changes.
      if (response.statusCode >= 500 && !request.path.startsWith('/health/'))
        logger.warn(line, 'request failed');
      else logger.debug(line, 'request');
    });
    inRequest(() => serveInTime(() => response.headersSent, next), requestId);
  };
}
