import { ApiError } from '@app/platform';
import type { Response } from 'express';
import type { TokenBuckets } from './token-bucket.js';

/** The state of a quota, for the header fields of an answer. */
export interface RateState {
  /** How many calls a window allows, and its length in seconds. */
  readonly quota: number;
  readonly windowS: number;
  readonly left: number;
  /** Seconds until there is more. */
  readonly seconds: number;
}

/** Sets the header fields of the IETF draft "RateLimit header fields for HTTP". */
export function setRateHeaders(response: Response, name: string, state: RateState): void {
  response.set('RateLimit-Policy', `"${name}";q=${state.quota};w=${state.windowS}`);
  response.set('RateLimit', `"${name}";r=${state.left};t=${state.seconds}`);
}

/**
 * Takes a token of a user or an address for a request.
 * @param name of the rate, in the answer's header fields
 * @throws {ApiError} RATE_LIMITED when there is none; the answer then says when to try again
 */
export function requireToken(buckets: TokenBuckets, key: string, name: string, response: Response): void {
  const retryAfter = buckets.take(key);
  if (retryAfter === 0) return;
  const { burst, rate } = buckets;
  const quota = Math.floor(burst);
  setRateHeaders(response, name, {
    quota,
    windowS: Math.ceil(quota / rate),
    left: 0,
    seconds: retryAfter,
  });
  throw new ApiError('RATE_LIMITED', undefined, { retryAfter });
}
