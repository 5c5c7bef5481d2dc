import type { Logger } from 'pino';
import { ERROR_CODES, type ErrorCode, type FieldError } from '@app/contracts/edge';
import { isStorageFailure } from './storage-failure.js';

/**
 * An expected refusal with one of the contract's codes: it crosses the bus and the edge by its code. Anything
 * else that is thrown is a bug or an outage, and its text never leaves the process.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

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

/** A refusal because a part of the system does not answer; worth repeating after a second. */
export function unavailable(message?: string): Refusal {
  return new Refusal('SERVICE_UNAVAILABLE', message, { retryAfter: 1 });
}

/** What a thrown value means to a caller; bugs and failing disks are logged, never described. */
export function toRefusal(error: unknown, logger: Logger): Refusal {
  if (error instanceof Refusal) return error;
  if (isStorageFailure(error)) {
    logger.error({ err: error }, 'the database does not answer');
    return unavailable();
  }
  logger.error({ err: error }, 'unexpected error');
  return new Refusal('INTERNAL');
}
