/** The browser's `localStorage`, or null where the browser refuses it: its mere mention may throw. */
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/**
 * Calls `listener` when another tab of this browser changed what is stored, with the key; null when it emptied the
 * storage. A page that was asleep is called once it wakes.
 */
export function onStorageChange(listener: (key: string | null) => void): void {
  addEventListener('storage', ({ key, storageArea }) => {
    if (storageArea === browserStorage()) listener(key);
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) listener(null);
  });
}
