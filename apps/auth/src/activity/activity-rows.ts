import { LIMITS, type ActivityType } from '@app/contracts/edge';
import type { EntityManager } from 'typeorm';

/** Something a user did, or that was tried on their account. */
export interface Deed {
  readonly userId: string;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  /** What helps them to recognise it, such as the browser; never a secret. */
  readonly detail?: string | null;
  /** Who or what did it, where it was not the owner in a session of theirs. */
  readonly by?: 'the operator' | 'a reset link';
}

/** An event as it is stored. */
export interface ActivityRow {
  readonly at: number;
  readonly type: ActivityType;
  readonly sessionId: string | null;
  readonly detail: string | null;
  readonly actor: string | null;
  readonly count: number;
}

/** In whose place the failed log-ins stand that name nobody. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** How many different events an account keeps of the kind that strangers can cause. */
const MAX_FAILED = 50;

/**
 * Adds an event and evicts what is too much. Strangers evict nothing but their own: failed log-ins have a quota, those
 * that are alike are one event with a count, and above the total the most frequent type loses its oldest event.
 */
export async function insertActivity(
  manager: EntityManager,
  {
    userId,
    type,
    sessionId,
    detail = null,
    by = null,
  }: { readonly by?: Deed['by'] | null } & Omit<Deed, 'by'>,
): Promise<void> {
  const alike = await manager.query<{ count: number }[]>(
    `DELETE FROM activity WHERE user_id = ? AND type = 'login-failed' AND type = ?
      AND session_id IS ? AND detail IS ? RETURNING count`,
    [userId, type, sessionId, detail],
  );
  const count = alike.reduce((sum, row) => sum + row.count, 1);
  // Not for an account that was deleted meanwhile.
  await manager.query(
    `INSERT INTO activity (user_id, at, type, session_id, detail, actor, count) SELECT ?, ?, ?, ?, ?, ?, ?
      WHERE ? = '${NOBODY}' OR EXISTS (SELECT 1 FROM users WHERE id = ?)`,
    [userId, Date.now(), type, sessionId, detail, by, count, userId, userId],
  );
  await evict(manager, userId);
}

async function evict(manager: EntityManager, userId: string): Promise<void> {
  const counts = await manager.query<{ type: string; n: number }[]>(
    'SELECT type, count(*) AS n FROM activity WHERE user_id = ? GROUP BY type ORDER BY n DESC',
    [userId],
  );
  const failed = counts.find(({ type }) => type === 'login-failed')?.n ?? 0;
  const total = counts.reduce((sum, { n }) => sum + n, 0);
  const [most] = counts;
  await deleteOldest(manager, userId, 'login-failed', Math.max(0, failed - MAX_FAILED));
  const left = total - Math.max(0, failed - MAX_FAILED);
  await deleteOldest(manager, userId, most?.type ?? '', Math.max(0, left - LIMITS.activityEvents));
}

async function deleteOldest(manager: EntityManager, userId: string, type: string, n: number): Promise<void> {
  await manager.query(
    'DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE user_id = ? AND type = ? ORDER BY id LIMIT ?)',
    [userId, type, n],
  );
}

/** What people read beside an event: who acted, or what a browser says of itself, and how often. */
export function shownDetail({ actor, detail, count }: ActivityRow): string | null {
  const words = actor === null ? ownWords(detail) : `by ${actor}`;
  if (count === 1) return words;
  return words === null ? `${count} times` : `${words} (${count} times)`;
}

/** A browser's own words, in quotation marks where they could be taken for who acted. */
function ownWords(detail: string | null): string | null {
  return detail !== null && /^\W*by\b/i.test(detail) ? `“${detail}”` : detail;
}
