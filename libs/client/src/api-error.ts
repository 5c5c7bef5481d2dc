import {
  isErrorCode,
  type AckError,
  type ErrorCode,
  type FieldError,
  type Problem,
} from '@app/contracts/edge';

/** What is known of a refusal or failure besides its code. */
export interface ApiErrorInfo {
  readonly detail: string;
  /** HTTP status; 0 when no answer came or the call went over the socket. */
  readonly status?: number;
  readonly errors?: readonly FieldError[];
  /** Seconds the server asks to wait. */
  readonly retryAfter?: number;
  readonly requestId?: string;
  /** Whether something between here and the server answered in its place. */
  readonly intercepted?: boolean;
}

/**
 * A call that was refused or could not be made. `code` is always one of the contract's; a network failure or
 * a time-out is SERVICE_UNAVAILABLE with status 0.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly detail: string;
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly retryAfter: number | undefined;
  readonly requestId: string | undefined;
  /** Whether something between here and the server answered in its place, such as the log-in page of a proxy. */
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

  /** Whether the same call may succeed later, unchanged: the server was busy, away, or not reached. */
  get transient(): boolean {
    return this.code === 'SERVICE_UNAVAILABLE' || this.code === 'RATE_LIMITED';
  }
}

/** The error for a call that got no answer. */
export function unreachable(detail: string): ApiError {
  return new ApiError('SERVICE_UNAVAILABLE', { detail });
}

/** The error for an answer that is not the server's. @param status its HTTP status; 0 for a redirect unseen */
export function interceptedBy(status: number): ApiError {
  const detail = 'Something between here and the server answered in its place';
  return new ApiError('SERVICE_UNAVAILABLE', { detail, status, intercepted: true });
}

/** The error an acknowledgement carries. */
export function fromAck(error: AckError): ApiError {
  return new ApiError(error.code, {
    detail: error.message,
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  });
}

/**
 * The error for an HTTP answer that is not a success.
 * @param status the HTTP status
 * @param body the parsed body, whatever it is: a proxy in between may answer with anything
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

/** Anything thrown, as an ApiError: what is none is taken for a failure to reach the server. */
export function toApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : unreachable('The server could not be reached');
}
