/** The browser's `localStorage`, or null where the browser refuses it: its mere mention may throw. */
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
