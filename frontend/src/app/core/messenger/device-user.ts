import { browserStorage } from '../device/browser-storage';

/** Who is signed in with this browser, for its other tabs and for the next start. */
interface DeviceUser {
  readonly id: string;
  /** When they signed in and were connected last, in milliseconds since 1970. */
  readonly since: number;
  readonly seenAt: number;
}

/** The item that other tabs watch. */
export const DEVICE_USER = 'secure-chat.user';
const KEPT = 'secure-chat.kept.';
const OF_USER = /^secure-chat\.(?:draft|outbox|receipts)\.([0-9a-f-]{36})/u;
const DAY_MS = 86_400_000;
/** A session ends after so many days: idle, and in all. */
const IDLE_MS = 7 * DAY_MS;
const SESSION_MS = 30 * DAY_MS;
/** How long what somebody left unsent waits for them after their session ended. */
const KEEP_MS = 30 * DAY_MS;

/** Whose tab last signed in, or null. */
export function deviceUserId(): string | null {
  return read()?.id ?? null;
}

/** Notes that a user is signed in and connected. */
export function noteDeviceUser(id: string, now: number): void {
  const known = read();
  const since = known?.id === id ? known.since : now;
  tried((storage) => {
    storage.setItem(DEVICE_USER, JSON.stringify({ id, since, seenAt: now } satisfies DeviceUser));
    storage.removeItem(KEPT + id);
  });
}

/** Notes that a user's session ended, and that they may come back to what they left unsent. */
export function keepForUser(id: string, now: number): void {
  tried((storage) => storage.setItem(KEPT + id, String(now)));
  forgetDeviceUser(id);
}

/** Notes that nothing of a user is left here. */
export function forgetDeviceUser(id: string, withKept = false): void {
  tried((storage) => {
    if (read()?.id === id) storage.removeItem(DEVICE_USER);
    if (withKept) storage.removeItem(KEPT + id);
  });
}

/**
 * The users whose unsent texts nobody will come back to: their session was ended from elsewhere while no page of
 * this browser was open, as when the account is deleted; or it ended 30 days ago. A session that ended by its age
 * keeps them.
 * @param signedIn who is signed in now, or null when nobody is
 */
export function usersGone(signedIn: string | null, now: number): readonly string[] {
  const user = read();
  return usersWithTexts().filter((id) => {
    if (id === signedIn) return false;
    const kept = Number(tried((storage) => storage.getItem(KEPT + id)) ?? Number.NaN);
    if (!Number.isNaN(kept)) return now - kept > KEEP_MS;
    const ended = user?.id === id && now - user.seenAt < IDLE_MS && now - user.since < SESSION_MS;
    if (!ended || signedIn !== null) keepForUser(id, now);
    return ended && signedIn === null;
  });
}

function usersWithTexts(): readonly string[] {
  const keys = tried((storage) => Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? ''));
  return [...new Set((keys ?? []).flatMap((key) => OF_USER.exec(key)?.[1] ?? []))];
}

function read(): DeviceUser | null {
  const text = tried((storage) => storage.getItem(DEVICE_USER));
  try {
    const { id, since, seenAt } = JSON.parse(text ?? '{}') as Partial<DeviceUser>;
    return typeof id === 'string' && typeof since === 'number' && typeof seenAt === 'number'
      ? { id, since, seenAt }
      : null;
  } catch {
    return null;
  }
}

function tried<T>(use: (storage: Storage) => T): T | null {
  try {
    const storage = browserStorage();
    return storage && use(storage);
  } catch {
    return null; // full or forbidden
  }
}
