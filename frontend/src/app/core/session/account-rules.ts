import { codePoints, LIMITS, USERNAME_PATTERN } from '@app/contracts/edge';

/** What is wrong with a name for a new account, or an empty text. */
export function usernameFault(username: string): string {
  if (username === '') return 'Choose a username.';
  if (USERNAME_PATTERN.test(username)) return '';
  const length = codePoints(username);
  if (length < LIMITS.usernameMin) return `Use at least ${LIMITS.usernameMin} characters.`;
  if (length > LIMITS.usernameMax) return `Use at most ${LIMITS.usernameMax} characters.`;
  return 'Use letters, digits and . _ - only, and begin and end with a letter or digit.';
}

/** What is wrong with a password for an account of that name, or an empty text. The server knows more rules. */
export function passwordFault(password: string, username: string): string {
  const normal = password.normalize('NFKC');
  if (password === '') return 'Choose a password.';
  if (codePoints(normal) < LIMITS.passwordMin) return `Use at least ${LIMITS.passwordMin} characters.`;
  if (codePoints(normal) > LIMITS.passwordMax) return `Use at most ${LIMITS.passwordMax} characters.`;
  if (normal.toLowerCase() === username.toLowerCase()) return 'The password must not be the username.';
  return '';
}
