import {
  isErrorCode,
  type AckError,
  type ErrorCode,
  type FieldError,
  type Problem,
} from '@app/contracts/edge';

/** The details of an error besides its code. */
export interface ApiErrorInfo {
  readonly detail: string;
  /** HTTP status; 0 if there was no answer, or the call went over the socket. */
  readonly status?: number;
  readonly errors?: readonly FieldError[];
  /** Seconds to wait before the next attempt. */
  readonly retryAfter?: number;
  readonly requestId?: string;
  /** Whether a proxy answered instead of the server. */
  readonly intercepted?: boolean;
}

/**
 * A call that failed. `code` is always one of the contract's; a network failure or a timeout is SERVICE_UNAVAILABLE
 * with status 0.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly detail: string;
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;
  /** Whether a proxy answered instead of the server, for example with its log-in page. */
  readonly intercepted: boolean;

  constructor(
    readonly code: ErrorCode,
    info: ApiErrorInfo,
  ) {
    super(`${code}: ${info.detail}`);
    this.detail = info.detail;
    this.status = info.status ?? 0;
    this.errors = info.errors ?? [];
    this.retryAfter = info.retryAfter;
    this.requestId = info.requestId;
    this.intercepted = info.intercepted === true;
  }

  /** Whether the same call may succeed later: the server was busy, unavailable or unreachable. */
  get transient(): boolean {
    return this.code === 'SERVICE_UNAVAILABLE' || this.code === 'RATE_LIMITED';
  }
}

/** Returns the error for a call without an answer. */
export function unreachable(detail: string): ApiError {
  return new ApiError('SERVICE_UNAVAILABLE', { detail });
}

/** Returns the error for an answer of a proxy. @param status its HTTP status; 0 for a redirect that was not followed */
export function interceptedBy(status: number): ApiError {
  const detail = 'A proxy answered instead of the server';
  return new ApiError('SERVICE_UNAVAILABLE', { detail, status, intercepted: true });
}

/** Returns the error in an acknowledgement. */
export function fromAck(error: AckError): ApiError {
  return new ApiError(error.code, {
    detail: error.message,
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  });
}

/**
 * Returns the error for an HTTP answer that is not a success.
 * @param status the HTTP status
 * @param body the parsed body of any form, because a proxy may have answered
 * @param retryAfter the `Retry-After` header, or null
 */
export function fromProblem(status: number, body: unknown, retryAfter: string | null): ApiError {
  const problem: Partial<Problem> = typeof body === 'object' && body !== null ? body : {};
  const code = isErrorCode(problem.code) ? problem.code : status >= 502 ? 'SERVICE_UNAVAILABLE' : 'INTERNAL';
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return new ApiError(code, {
    status,
    detail: problem.detail ?? problem.title ?? `The server answered ${status}`,
    ...(problem.errors ? { errors: problem.errors } : {}),
    ...(Number.isFinite(seconds) ? { retryAfter: seconds } : {}),
    ...(problem.requestId ? { requestId: problem.requestId } : {}),
  });
}

/** Returns any thrown value as an ApiError: anything else means that the server is unreachable. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : unreachable('The server could not be reached');
}
