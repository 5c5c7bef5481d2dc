/** The contract's limits. Lengths count Unicode code points, sizes count bytes, times are milliseconds. */
export const LIMITS = {
  usernameMin: 3,
  usernameMax: 32,
  passwordMin: 8,
  passwordMax: 128,
  /** Longer passwords in UTF-16 units are rejected without normalisation: NFKC cannot reduce them to 128 characters. */
  passwordUnits: 1024,
  chatNameMax: 80,
  chatKeyTextMax: 128,
  textMax: 4000,
  chatCapacity: 2,
  chatsPerUser: 1_000,
  pageSize: 50,
  pageSizeMax: 200,
  storedMessages: 20,
  activityEvents: 200,
  fieldErrors: 20,
  bodyBytes: 65_536,
  socketsPerUser: 250,
  sessionsPerUser: 100,
  sessionsPerCheck: 500,
  /** For how long a message can be edited after it was sent. */
  editMs: 86_400_000,
  /** Seconds after which a message disappears, where a chat says so. */
  messageTtlMin: 30,
  messageTtlMax: 31_536_000,
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
