import type { RequestHandler } from 'express';
import { withRequestId, withDeadline, type Telemetry } from '@app/platform';
import type { Logger } from 'pino';
import { stateOf } from '../../request/request-state.js';

/**
 * Gives each request a deadline and an id, which all work for it carries, in other services too. Logs its route (never
 * its path or query), status and duration.
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
      // Monitors call the health routes all the time; a change of readiness is logged where it is detected.
      if (response.statusCode >= 500 && !request.path.startsWith('/health/'))
        logger.warn(line, 'request failed');
      else logger.debug(line, 'request');
    });
    withRequestId(() => withDeadline(() => response.headersSent, next), requestId);
  };
}
