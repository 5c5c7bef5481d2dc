import { randomUUID } from 'node:crypto';
import { LIMITS } from '@app/contracts/edge';
import { unavailable } from '@app/platform';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthClient } from '../../services/auth.client.js';
import type { UserSocket } from './engine/user-socket.js';
import { UserSockets } from './user-sockets.js';
import type { FanOutRate } from '../limits/message-rate.js';
import { SessionCheck } from './session-check.js';

const logger = pino({ level: 'silent' });
const MINUTE_MS = 60_000;

describe('SessionCheck', () => {
  let sockets: UserSockets;
  let cut: string[];
  let ended: string[];
  /** The answer of auth; it may reject. */
  let answer: (ids: readonly string[]) => Promise<Awaited<ReturnType<AuthClient['checkSessions']>>>;
  let check: SessionCheck;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    sockets = new UserSockets({ take: () => 0 } as unknown as FanOutRate, logger);
    [cut, ended] = [[], []];
    answer = () => Promise.resolve([]);
    const auth = {
      checkSessions: (ids: readonly string[]) => answer(ids),
      evictSession: (id: string) => ended.push(id),
    };
    check = new SessionCheck(auth as unknown as AuthClient, sockets, logger);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Connects a socket of a new session. @returns the session's id */
  function aSession(): string {
    const sessionId = randomUUID();
    const user = { id: randomUUID(), username: 'ann', createdAt: '' };
    sockets.add({
      data: { session: { sessionId, digest: 'old', user, expiresAt: 0 } },
      emit: () => true,
      offAny: () => undefined,
      disconnect: () => cut.push(sessionId),
    } as unknown as UserSocket);
    return sessionId;
  }

  it('ends only the sessions that auth reports as ended, also while a password change renews another', async () => {
    const [changed, revoked] = [aSession(), aSession()];
    answer = () => {
      sockets.renewSession(changed, 'new');
      return Promise.resolve([{ sessionId: revoked, reason: 'revoked' }]);
    };

    await check.run();

    expect(ended).toEqual([revoked]);
    expect(sockets.sessionIds()).toEqual([changed]);
  });

  it('checks thousands of sessions in batches, with at most four requests at the same time', async () => {
    const ids = Array.from({ length: LIMITS.sessionsPerCheck * 9 + 1 }, aSession);
    const checked: string[] = [];
    let [requests, waiting, most] = [0, 0, 0];
    answer = async (batch) => {
      requests++;
      most = Math.max(most, ++waiting);
      checked.push(...batch);
      await new Promise(setImmediate);
      waiting--;
      return [];
    };

    await Promise.all([check.run(), check.run()]);

    expect(checked.toSorted()).toEqual(ids.toSorted());
    expect([requests, most]).toEqual([10, 4]);
  });

  it('keeps all sockets for 15 minutes while auth does not answer, then closes them', async () => {
    const ids = Array.from({ length: 12_000 }, aSession);
    await check.run();
    answer = () => Promise.reject(unavailable());

    vi.advanceTimersByTime(14 * MINUTE_MS);
    await check.run();
    const cutWithin = cut.length;
    vi.advanceTimersByTime(2 * MINUTE_MS);
    await check.run();

    expect(cutWithin).toBe(0);
    expect(new Set(cut)).toEqual(new Set(ids));
  });
});
