import { browserStorage } from '../device/browser-storage';

/** The signed-in user of this browser, for its other tabs and for the next start. */
interface DeviceUser {
  readonly id: string;
  /** When the user signed in and was last connected, in milliseconds since 1970. */
  readonly since: number;
  readonly seenAt: number;
}

/** The item that other tabs watch. */
export const DEVICE_USER = 'secure-chat.user';
const KEPT = 'secure-chat.kept.';
const OF_USER = /^secure-chat\.(?:draft|outbox|receipts)\.([0-9a-f-]{36})/u;
const DAY_MS = 86_400_000;
/** The lifetime of a session in days: idle, and in all. */
const IDLE_MS = 7 * DAY_MS;
const SESSION_MS = 30 * DAY_MS;
/** How long unsent messages and drafts are kept after their user's session has ended. */
const KEEP_MS = 30 * DAY_MS;

/** Returns the user who signed in last, or null. */
export function deviceUserId(): string | null {
  return read()?.id ?? null;
}

/** Records that a user is signed in and connected. */
export function noteDeviceUser(id: string, now: number): void {
  const known = read();
  const since = known?.id === id ? known.since : now;
  tried((storage) => {
    storage.setItem(DEVICE_USER, JSON.stringify({ id, since, seenAt: now } satisfies DeviceUser));
    storage.removeItem(KEPT + id);
  });
}

/** Records that a user's session has ended, and keeps their unsent messages and drafts. */
export function keepForUser(id: string, now: number): void {
  tried((storage) => storage.setItem(KEPT + id, String(now)));
  forgetDeviceUser(id);
}

/** Records that no data of a user is left here. */
export function forgetDeviceUser(id: string, withKept = false): void {
  tried((storage) => {
    if (read()?.id === id) storage.removeItem(DEVICE_USER);
    if (withKept) storage.removeItem(KEPT + id);
  });
}

/**
 * Returns the users whose unsent texts must be discarded: their session was ended from elsewhere while no page of this
 * browser was open, for example by deleting the account; or it ended 30 days ago. A session that has expired keeps
 * them.
 * @param signedIn the signed-in user, or null
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
