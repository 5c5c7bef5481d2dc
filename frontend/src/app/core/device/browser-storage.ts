/** Returns the browser's `localStorage`, or null if the browser refuses it: reading the property may throw. */
export function browserStorage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/**
 * Calls `listener` with the key when another tab of this browser changes the storage, or with null when it clears the
 * storage. A suspended page is called when it resumes.
 */
export function onStorageChange(listener: (key: string | null) => void): void {
  addEventListener('storage', ({ key, storageArea }) => {
    if (storageArea === browserStorage()) listener(key);
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) listener(null);
  });
}
