import { validationFailed } from '@app/platform';
import { isCommonPassword } from './common-passwords.js';

/**
 * Refuses a new password that is too easy to guess.
 * @param field the request's field that holds it
 * @throws {ApiError} VALIDATION_FAILED on the field
 */
export function requireGoodPassword(field: string, password: string, username: string): void {
  // Lone surrogates become one and the same character on the way to the hash.
  if (!password.isWellFormed()) throw validationFailed([{ field, message: 'must be well-formed text' }]);
  const plain = password.normalize('NFKC').toLowerCase();
  if (plain === username.toLowerCase())
    throw validationFailed([{ field, message: 'must not be the username' }]);
  if (isCommonPassword(password))
    throw validationFailed([{ field, message: 'is one of the most common passwords: choose another' }]);
}
