import { LIMITS } from '@app/contracts/edge';
import type { StoredSession } from '../store/auth-store.js';

/** Returns when a session ends by age, in milliseconds since 1970: after 7 days without use, or 30 days in all. */
export function endOf(session: Pick<StoredSession, 'lastSeenAt' | 'createdAt'>): number {
  return Math.min(session.lastSeenAt + LIMITS.sessionIdleMs, session.createdAt + LIMITS.sessionTotalMs);
}
