/** The contract's limits. Lengths count Unicode code points, sizes count bytes, times are milliseconds. */
export const LIMITS = {
  usernameMin: 3,
  usernameMax: 32,
  passwordMin: 8,
  passwordMax: 128,
  chatNameMax: 80,
  chatKeyTextMax: 128,
  textMax: 4000,
  chatCapacity: 2,
  pageSize: 50,
  pageSizeMax: 200,
  storedMessages: 20,
  activityEvents: 200,
  fieldErrors: 20,
  bodyBytes: 65_536,
  socketsPerUser: 250,
  typingMs: 6_000,
  receiptMs: 86_400_000,
  sessionIdleMs: 7 * 86_400_000,
  sessionTotalMs: 30 * 86_400_000,
  resetLinkMs: 3_600_000,
  deviceCookieMs: 180 * 86_400_000,
} as const;

/** Letters, digits, `.`, `_`, `-`; a letter or digit at both ends; 3 to 32 characters. */
export const USERNAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{1,30}[A-Za-z0-9]$/;

/** A UUID in lower case, of any version. */
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * The number of Unicode code points in a text.
 * @param text any text; a lone surrogate counts as one
 */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xdc00 && unit <= 0xdfff) {
      const before = text.charCodeAt(i - 1);
      if (before >= 0xd800 && before <= 0xdbff) count--;
    }
  }
  return count;
}

/**
 * Whether a message text may be sent: 1 to 4,000 code points, not only white space, no lone surrogates.
 * @param text the text exactly as it would be stored
 */
export function isSendableText(text: string): boolean {
  return (
    text.length <= LIMITS.textMax * 2 &&
    /\S/.test(text) &&
    // A text of so few units has no more code points.
    (text.length <= LIMITS.textMax || codePoints(text) <= LIMITS.textMax) &&
    !LONE_SURROGATE.test(text)
  );
}

const LONE_SURROGATE = /\p{Surrogate}/u;
