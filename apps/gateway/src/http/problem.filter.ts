import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ERROR_CODES, type Problem } from '@app/contracts/edge';
import { LOGGER, Refusal, toRefusal, validationFailed } from '@app/platform';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { stateOf } from './request-state.js';

/** Answers whatever is thrown as problem+json (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  /** Sends the problem, unless the answer has begun. */
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const refusal = toRefusal(fromFramework(error), this.logger);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { code, message, details } = refusal;
    const { status, title } = ERROR_CODES[code];
    const problem: Problem = {
      type: `/api/docs#${code.toLowerCase().replaceAll('_', '-')}`,
      title,
      status,
      code,
      detail: message,
      ...(details.errors && { errors: details.errors }),
      requestId: stateOf(request).requestId,
    };
    if (details.retryAfter !== undefined) response.set('Retry-After', String(details.retryAfter));
    // What is left of a body that was not read is dropped, so that the client can read the answer.
    if (!request.complete) request.resume();
    response.status(status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

/** The framework's and router's own errors in the contract's codes. */
function fromFramework(error: unknown): unknown {
  if (error instanceof URIError) return validationFailed([{ field: 'path', message: 'is not well-formed' }]);
  if (!(error instanceof HttpException)) return error;
  if (error.getStatus() === 404) return new Refusal('NOT_FOUND');
  if (error.getStatus() < 500)
    return validationFailed([{ field: 'request', message: 'cannot be understood' }]);
  return error;
}
