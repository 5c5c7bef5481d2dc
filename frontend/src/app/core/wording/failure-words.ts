import { ApiError } from '@app/client';
import type { ErrorCode } from '@app/contracts/edge';
import { INTERCEPTED_WORDS } from './common-words';

const WORDS: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: "You're signed out. Log in and try again.",
  INVALID_CREDENTIALS: 'Incorrect username or password.',
  USERNAME_TAKEN: 'This username is taken. Choose another one.',
  REGISTRATION_CLOSED: 'Sign-up is closed on this server. Ask the person who runs it.',
  ORIGIN_REFUSED: "This server isn't set up for this address. Ask the person who runs it.",
  LIMIT_REACHED: 'You have as many chats as one person may have. Leave or delete one first.',
  CHAT_NOT_FOUND: "Chat not found. It may have been deleted, or you're not a member.",
  MESSAGE_NOT_FOUND: 'This message no longer exists.',
  PAYLOAD_TOO_LARGE: 'This is too large to send.',
  SERVICE_UNAVAILABLE: "We can't reach the server right now. Try again in a moment.",
};

/** Errors of form fields whose rules only the server knows. */
const FIELDS: Readonly<Record<string, string>> = {
  username: "This username can't be used. Choose another one.",
  password: "This password can't be used. Choose another one.",
  currentPassword: 'Incorrect password.',
  newPassword: "This password can't be used. Choose another one.",
  name: "This name can't be used. Choose another one.",
  text: "This message can't be sent as it is. Change it and try again.",
};
const COMMON_PASSWORD = 'This is one of the most common passwords. Choose another.';

/**
 * Returns what happened and what to do, in one or two sentences.
 * @param error any thrown value
 */
export function failureWords(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Something went wrong. Reload the page and try again.';
  if (error.intercepted) return INTERCEPTED_WORDS.detail;
  if (error.code === 'RATE_LIMITED') {
    const seconds = Math.max(1, Math.ceil(error.retryAfter ?? 60));
    return `Too many attempts. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  }
  if (error.code === 'VALIDATION_FAILED') {
    const known = error.errors.map(({ field }) => fieldWords(error, field)).find((words) => words !== '');
    return known ?? "The server didn't accept this. Check what you entered and try again.";
  }
  return WORDS[error.code] ?? 'Something went wrong on the server. Try again.';
}

/**
 * Returns the error of a form field as a sentence. (The API's messages are fragments for programs.)
 * @returns an empty text if the server reported no error for the field
 */
export function fieldWords(error: unknown, field: string): string {
  if (!(error instanceof ApiError)) return '';
  const found = error.errors.find((one) => one.field === field);
  if (!found) return '';
  if (/password$/iu.test(field) && found.message.includes('most common passwords')) return COMMON_PASSWORD;
  return FIELDS[field] ?? '';
}
