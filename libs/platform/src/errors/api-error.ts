import type { Logger } from 'pino';
import { ERROR_CODES, type ErrorCode, type FieldError } from '@app/contracts/edge';
import { isStorageFailure } from './storage-failure.js';

/**
 * An expected error with one of the contract's codes, which callers get over the bus and at the edge. Anything else that is
 * thrown is a bug or an outage, and its text never leaves the process.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /**
   * @param code one of the contract's codes
   * @param message a sentence for people, without secrets; the code's title unless given
   * @param details `errors` names the fields that are wrong; `retryAfter` is seconds
   */
  constructor(
    readonly code: ErrorCode,
    message: string = ERROR_CODES[code].title,
    readonly details: { readonly errors?: readonly FieldError[]; readonly retryAfter?: number } = {},
  ) {
    super(message);
  }
}

/** Returns the error for a part of the system that does not answer; callers may retry after a second. */
export function unavailable(message?: string): ApiError {
  return new ApiError('SERVICE_UNAVAILABLE', message, { retryAfter: 1 });
}

/** Maps a thrown value to the error for the caller; bugs and failing disks are logged, and not described to the caller. */
export function toApiError(error: unknown, logger: Logger): ApiError {
  if (error instanceof ApiError) return error;
  if (isStorageFailure(error)) {
    logger.error({ err: error }, 'the database does not answer');
    return unavailable();
  }
  logger.error({ err: error }, 'unexpected error');
  return new ApiError('INTERNAL');
}
