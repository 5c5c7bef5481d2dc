import { z } from 'zod';
import {
  codePoints,
  isEmoji,
  isSendableText,
  isVisibleText,
  LIMITS,
  USERNAME_PATTERN,
  UUID_PATTERN,
} from '../edge/index.js';

/** An id: a UUID in lower case. */
export const Id = z.string().regex(UUID_PATTERN, 'must be a UUID in lower case').meta({ format: 'uuid' });

/** A SHA-256 digest in hex; names a session without its token. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest in hex');

/** A time in ISO 8601 UTC with milliseconds. */
export const Time = z.iso.datetime({ precision: 3 });

/** A username to sign up with; not trimmed. */
export const Username = z
  .string()
  .regex(
    USERNAME_PATTERN,
    'must be 3 to 32 letters, digits, dots, underscores or hyphens, beginning and ending with a letter or digit',
  )
  .meta({ minLength: LIMITS.usernameMin, maxLength: LIMITS.usernameMax, examples: ['ann'] });

/**
 * A username to log in with: any text, because a name that cannot exist is INVALID_CREDENTIALS, not VALIDATION_FAILED.
 */
export const AnyUsername = z.string().meta({ examples: ['ann'] });

/** A password to verify: any text, because a password that cannot exist is INVALID_CREDENTIALS. */
export const AnyPassword = z.string().meta({ examples: ['correct horse battery staple'] });

/** A new password: 8 to 128 code points after NFKC. auth checks whether it is too common. */
export const NewPassword = z
  .string()
  .refine((text) => {
    if (text.length > LIMITS.passwordUnits) return false;
    const length = codePoints(text.normalize('NFKC'));
    return length >= LIMITS.passwordMin && length <= LIMITS.passwordMax;
  }, `must have ${LIMITS.passwordMin} to ${LIMITS.passwordMax} characters`)
  .meta({
    minLength: LIMITS.passwordMin,
    maxLength: LIMITS.passwordMax,
    description: 'characters are counted after NFKC',
    examples: ['correct horse battery staple'],
  });

/** A chat's name, trimmed: 1 to 80 code points, one of them visible. */
export const ChatName = z
  .string()
  .trim()
  .refine(
    (text) => isVisibleText(text, LIMITS.chatNameMax),
    `must have 1 to ${LIMITS.chatNameMax} characters, one of them visible, and no lone surrogates`,
  )
  .meta({
    minLength: 1,
    maxLength: LIMITS.chatNameMax,
    description: 'counted without surrounding white space',
    examples: ['Weekend'],
  });

/** The text form of a chat key, without surrounding white space. chat verifies its checksum. */
export const ChatKeyText = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, 'is not a chat key: check it for missing or changed characters')
  .meta({
    minLength: 1,
    maxLength: LIMITS.chatKeyTextMax,
    description: 'counted without surrounding white space',
    examples: ['AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh_5lXdQ'],
  });

/** The text of a message, stored exactly as sent. */
export const MessageText = z
  .string()
  .refine(
    isSendableText,
    `must have 1 to ${LIMITS.textMax} characters, one of them visible, and no lone surrogates`,
  )
  .meta({ minLength: 1, maxLength: LIMITS.textMax, examples: ['See you at eight'] });

/** One emoji of Unicode's RGI set. */
export const Emoji = z
  .string()
  .refine(isEmoji, 'must be one emoji, fully qualified')
  .meta({
    format: 'emoji',
    description: 'one emoji of Unicode’s RGI set, fully qualified',
    examples: ['👍'],
  });

/** After how many seconds messages disappear, or null for never. */
export const MessageTtl = z
  .number()
  .int('must be a whole number of seconds')
  .min(LIMITS.messageTtlMin, `must be ${LIMITS.messageTtlMin} seconds or more`)
  .max(LIMITS.messageTtlMax, `must be ${LIMITS.messageTtlMax} seconds or less`)
  .nullable();

/** A message's place in its chat: 1 for the first. */
export const Seq = z
  .number()
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(Number.MAX_SAFE_INTEGER, 'is too large');

/** The User-Agent of a browser; the gateway truncates it to 256 characters. */
export const UserAgent = z.string().max(256).nullable();
