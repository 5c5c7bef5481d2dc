import { ERROR_CODES, type Problem } from '@app/contracts/edge';
import type { ApiError } from '@app/platform';

/** The media type of every error (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Returns the problem document of an error. */
export function problemOf({ code, message, details }: ApiError, requestId: string): Problem {
  const { status, title } = ERROR_CODES[code];
  return {
    type: `/api/docs#${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
    detail: message,
    ...(details.errors && { errors: details.errors }),
    requestId,
  };
}
