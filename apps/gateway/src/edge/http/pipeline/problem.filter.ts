import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { LOGGER, ApiError, toApiError, validationFailed } from '@app/platform';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { AddressLimits } from '../../limits/address-limits.js';
import { ApiRate } from '../../limits/api-rate.js';
import { PROBLEM_TYPE, problemOf } from '../../request/problem.js';
import { requireToken } from '../../limits/require-token.js';
import { stateOf } from '../../request/request-state.js';

/** Answers every error with problem+json (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly limits: AddressLimits,
    private readonly api: ApiRate,
  ) {}

  /** Sends the problem, or closes the connection where an answer has begun. */
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const refusal = toApiError(this.counted(fromFramework(error), request, response), this.logger);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { details } = refusal;
    const problem = problemOf(refusal, stateOf(request).requestId);
    if (details.retryAfter !== undefined) response.set('Retry-After', String(details.retryAfter));
    // Reads and discards the rest of the body, so that the client can read the answer.
    if (!request.complete) request.resume();
    response.status(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  }

  /** Counts a request without a route, which no guard has counted, against the rate of its address. */
  private counted(error: unknown, request: Request, response: Response): unknown {
    if (request.route !== undefined || !/^\/api\/v1\b/i.test(request.path)) return error;
    try {
      requireToken(this.api.addresses, this.limits.address(request), 'api', response);
      return error;
    } catch (refusal) {
      return refusal;
    }
  }
}

/** Returns the contract's error for an error of Nest or the router, and any other error as it is. */
function fromFramework(error: unknown): unknown {
  if (error instanceof URIError) return validationFailed([{ field: 'path', message: 'is not well-formed' }]);
  if (!(error instanceof HttpException)) return error;
  if (error.getStatus() === 404) return new ApiError('NOT_FOUND');
  if (error.getStatus() < 500) return validationFailed([{ field: 'request', message: 'is malformed' }]);
  return error;
}
