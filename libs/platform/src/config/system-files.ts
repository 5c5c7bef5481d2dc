/** The system's code for what went wrong, such as ENOENT; `unknown` where there is none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
