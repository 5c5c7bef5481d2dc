/** Every error code, with its HTTP status and title. */
export const ERROR_CODES = {
  VALIDATION_FAILED: { status: 400, title: 'The request is invalid' },
  UNAUTHENTICATED: { status: 401, title: 'You are not logged in' },
  INVALID_CREDENTIALS: { status: 401, title: 'Wrong username or password' },
  ORIGIN_REFUSED: { status: 403, title: 'Requests from this origin are not allowed' },
  REGISTRATION_CLOSED: { status: 403, title: 'Registration is closed' },
  CHAT_NOT_FOUND: { status: 404, title: 'Chat not found' },
  MESSAGE_NOT_FOUND: { status: 404, title: 'Message not found' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  EDIT_TOO_LATE: { status: 409, title: 'Messages can be edited for 24 hours only' },
  LIMIT_REACHED: { status: 409, title: 'The limit per user is reached' },
  USERNAME_TAKEN: { status: 409, title: 'This username is taken' },
  CHAT_FULL: { status: 409, title: 'The chat is full' },
  IDEMPOTENCY_CONFLICT: { status: 409, title: 'This clientMessageId was used for another message' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Internal server error' },
  SERVICE_UNAVAILABLE: { status: 503, title: 'The service is temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

/** One of the contract's error codes. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a value is one of the contract's error codes. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

/** What is wrong with one field of a request. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** The body of every error over HTTP (RFC 9457, `application/problem+json`). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly requestId: string;
}
