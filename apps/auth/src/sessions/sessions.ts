import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Reply } from '@app/contracts/bus';
import { LIMITS, type SessionEndReason } from '@app/contracts/edge';
import { BusClient, ApiError } from '@app/platform';
import { AuthStore, type AuthTransaction, type StoredSession } from '../store/auth-store.js';
import { endOf } from './session-age.js';
import { createSessionToken, sessionDigest } from './session-token.js';

type NewSession = Reply<'auth.login'>['session'];

/** A session that a transaction ended; `publishEnded` publishes it after the commit. */
export type EndedSession = Pick<StoredSession, 'id' | 'userId'>;

/** Creates, renews and ends sessions within the transactions of the use cases. */
@Injectable()
export class Sessions {
  constructor(
    private readonly store: AuthStore,
    private readonly bus: BusClient,
  ) {}

  /** Creates a session. A user has 100 at most: one more ends the one that was created first. */
  async create(
    transaction: AuthTransaction,
    userId: string,
    userAgent: string | null,
  ): Promise<{ session: NewSession; ended: EndedSession[] }> {
    const token = createSessionToken();
    const now = Date.now();
    const stored = {
      id: randomUUID(),
      userId,
      digest: sessionDigest(token),
      userAgent,
      createdAt: now,
      lastSeenAt: now,
    };
    await transaction.sessions.insert(stored);
    const excess = await transaction.sessions.listExcess(userId, LIMITS.sessionsPerUser);
    await transaction.sessions.delete(excess);
    return { session: asNewSession(stored, token), ended: excess.map((id) => ({ id, userId })) };
  }

  /**
   * Gives a session a new token: the old one no longer works.
   * @throws {ApiError} UNAUTHENTICATED when the session has ended meanwhile
   */
  async renew(transaction: AuthTransaction, session: StoredSession): Promise<NewSession> {
    const token = createSessionToken();
    if (!(await transaction.sessions.replaceDigest(session.id, session.digest, sessionDigest(token))))
      throw new ApiError('UNAUTHENTICATED');
    return asNewSession(session, token);
  }

  /** Ends all sessions of a user, or all but one. */
  async endAll(transaction: AuthTransaction, userId: string, exceptId?: string): Promise<EndedSession[]> {
    const ended = (await transaction.sessions.listByUser(userId)).filter(({ id }) => id !== exceptId);
    await transaction.sessions.delete(ended.map(({ id }) => id));
    return ended;
  }

  /** Publishes that sessions have ended; called after the commit. */
  publishEnded(sessions: readonly EndedSession[], reason: SessionEndReason): void {
    const at = new Date().toISOString();
    for (const { id, userId } of sessions)
      this.bus.publish('event.session.ended', { userId, sessionId: id, reason, at });
  }

  /** Lists a user's sessions, latest use first. */
  async list(userId: string): Promise<Reply<'auth.session.list'>['sessions']> {
    const sessions = await this.store.sessions.listByUser(userId);
    return sessions
      .filter((session) => endOf(session) > Date.now())
      .map((session) => ({
        id: session.id,
        createdAt: new Date(session.createdAt).toISOString(),
        lastSeenAt: new Date(session.lastSeenAt).toISOString(),
        userAgent: session.userAgent,
      }));
  }
}

function asNewSession({ id, createdAt }: Pick<StoredSession, 'id' | 'createdAt'>, token: string): NewSession {
  return {
    id,
    token,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(createdAt + LIMITS.sessionTotalMs).toISOString(),
  };
}
