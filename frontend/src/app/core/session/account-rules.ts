import { codePoints, isVisibleText, LIMITS, USERNAME_PATTERN } from '@app/contracts/edge';
import { ACCOUNT_RULE_WORDS as WORDS, CHAT_NAME_WORDS } from './words';

/** Returns a name without surrounding white space, which keyboards and copying may add. */
export function typedName(text: string): string {
  return text.replace(/^[\s\p{Default_Ignorable_Code_Point}]+|[\s\p{Default_Ignorable_Code_Point}]+$/gu, '');
}

/** Returns the error of a username for a new account, or an empty text. */
export function usernameFault(username: string): string {
  if (username === '') return WORDS.noUsername;
  if (USERNAME_PATTERN.test(username)) return '';
  const length = codePoints(username);
  if (length < LIMITS.usernameMin) return WORDS.atLeast(LIMITS.usernameMin);
  if (length > LIMITS.usernameMax) return WORDS.atMost(LIMITS.usernameMax);
  return WORDS.usernameCharacters;
}

/** Returns the error of a password for an account with that name, or an empty text. The server has more rules. */
export function passwordFault(password: string, username: string): string {
  const normal = password.normalize('NFKC');
  if (password === '') return WORDS.noPassword;
  if (codePoints(normal) < LIMITS.passwordMin) return WORDS.atLeast(LIMITS.passwordMin);
  if (codePoints(normal) > LIMITS.passwordMax) return WORDS.atMost(LIMITS.passwordMax);
  if (normal.toLowerCase() === username.toLowerCase()) return WORDS.passwordIsUsername;
  return '';
}

/** Returns the error of a chat's name without surrounding white space, or an empty text. */
export function chatNameFault(name: string): string {
  if (codePoints(name) > LIMITS.chatNameMax) return CHAT_NAME_WORDS.tooLong;
  return isVisibleText(name, LIMITS.chatNameMax) ? '' : CHAT_NAME_WORDS.invisible;
}
