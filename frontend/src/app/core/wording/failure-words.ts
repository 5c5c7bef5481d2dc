import { ApiError } from '@app/client';
import type { ErrorCode } from '@app/contracts/edge';

const WORDS: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'You are signed out. Log in and try again.',
  INVALID_CREDENTIALS: 'The username or the password is wrong.',
  USERNAME_TAKEN: 'This username is taken. Choose another one.',
  REGISTRATION_CLOSED: 'This server takes no new accounts. Ask the person who runs it.',
  ORIGIN_REFUSED: 'This address is not the one the server was set up for. Ask the person who runs it.',
  CHAT_NOT_FOUND: 'This chat does not exist any more, or you are not in it.',
  MESSAGE_NOT_FOUND: 'This message does not exist any more.',
  PAYLOAD_TOO_LARGE: 'This is too long for the server.',
  SERVICE_UNAVAILABLE: 'The server cannot be reached right now. Try again in a moment.',
};

/**
 * What happened and what to do, in a sentence or two.
 * @param error anything that was thrown
 */
export function failureWords(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong in this page. Reload it and try again.';
  if (error.code === 'RATE_LIMITED') {
    const seconds = Math.max(1, Math.ceil(error.retryAfter ?? 60));
    return `Too many tries. Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'} and try again.`;
  }
  if (error.code === 'VALIDATION_FAILED') return error.errors[0]?.message ?? error.detail;
  return WORDS[error.code] ?? 'Something went wrong on the server. Try again.';
}

/** What the server says about one field of a form, or an empty text. */
export function fieldWords(error: unknown, field: string): string {
  if (!(error instanceof ApiError)) return '';
  return error.errors.find((one) => one.field === field)?.message ?? '';
}
