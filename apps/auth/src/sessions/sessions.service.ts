import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LIMITS, type SessionEndReason } from '@app/contracts/edge';
import type { Reply } from '@app/contracts/bus';
import { BusClient, LOGGER, Refusal, WriteQueue } from '@app/platform';
import type { Logger } from 'pino';
import { In, LessThan, type EntityManager, type Repository } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import type { Deed } from '../activity/activity-rows.js';
import { UserEntity } from '../users/user.entity.js';
import { SessionEntity } from './session.entity.js';
import { createSessionToken, sessionDigest } from './session-token.js';

/** How often the last use of a session is written, and how often ended ones are looked for, in milliseconds. */
const TOUCH_MS = 60_000;
const SWEEP_MS = 60_000;

/** How many ended sessions one sweep removes. */
const SWEEP_ROWS = 500;

type NewSession = Reply<'auth.login'>['session'];

/** Makes, verifies and ends sessions. Whatever ends one tells it on the bus after the commit. */
@Injectable()
export class SessionsService implements OnApplicationBootstrap, OnModuleDestroy {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(SessionEntity) private readonly sessions: Repository<SessionEntity>,
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly queue: WriteQueue,
    private readonly activity: ActivityLog,
    private readonly bus: BusClient,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Looks for sessions that have ended by age, now and from time to time. */
  onApplicationBootstrap(): void {
    void this.sweep();
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  /** Stops looking. */
  onModuleDestroy(): void {
    clearInterval(this.sweeper);
  }

  /**
   * Makes a session in the transaction that calls for it. A user has 100 at most: one more ends the one that was
   * created first, and `tell` says so after the commit.
   */
  async create(
    manager: EntityManager,
    userId: string,
    userAgent: string | null,
  ): Promise<{ session: NewSession; tell: () => void }> {
    const token = createSessionToken();
    const now = Date.now();
    const entity = {
      id: randomUUID(),
      userId,
      digest: sessionDigest(token),
      userAgent,
      createdAt: now,
      lastSeenAt: now,
    };
    await manager.insert(SessionEntity, entity);
    // By row and not by time: a clock that was set back must not end the session that was just made.
    const excess: { id: string }[] = await manager.query(
      'SELECT id FROM sessions WHERE user_id = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?',
      [userId, LIMITS.sessionsPerUser],
    );
    for (const { id } of excess) await manager.delete(SessionEntity, { id });
    const ended = excess.map(({ id }) => ({ id, userId }));
    return { session: asNewSession(entity, token), tell: () => this.tell(ended, 'revoked') };
  }

  /**
   * Says whose session a digest names, and notes its use.
   * @throws {Refusal} UNAUTHENTICATED
   */
  async verify(digest: string): Promise<Reply<'auth.session.verify'>> {
    const session = await this.find(digest);
    const user = await this.users.findOneBy({ id: session.userId });
    if (!user) throw new Refusal('UNAUTHENTICATED');
    const lastSeenAt = Math.max(session.lastSeenAt, Date.now());
    this.noteUse([session]);
    return {
      user: { id: user.id, username: user.username, createdAt: new Date(user.createdAt).toISOString() },
      sessionId: session.id,
      expiresAt: new Date(endOf({ createdAt: session.createdAt, lastSeenAt })).toISOString(),
    };
  }

  /** Says which of these sessions have ended and why, as far as that is known; notes the use of the others. */
  async check(sessionIds: readonly string[]): Promise<Reply<'auth.session.check'>['ended']> {
    const found = new Map(
      (await this.sessions.findBy({ id: In([...sessionIds]) })).map((one) => [one.id, one]),
    );
    const now = Date.now();
    const expired = [...found.values()].filter((session) => endOf(session) <= now);
    if (expired.length > 0) await this.remove(expired, 'expired');
    for (const { id } of expired) found.delete(id);
    this.noteUse([...found.values()]);
    const reasons = new Map<string, SessionEndReason>(expired.map(({ id }) => [id, 'expired']));
    return sessionIds
      .filter((id) => !found.has(id))
      .map((sessionId) => ({ sessionId, reason: reasons.get(sessionId) ?? 'revoked' }));
  }

  /** Writes that sessions are in use, at most once a minute each. The time of a row never goes back, whatever the clock does. */
  private noteUse(sessions: readonly SessionEntity[]): void {
    const now = Date.now();
    const ids = sessions.filter(({ lastSeenAt }) => now - lastSeenAt > TOUCH_MS).map(({ id }) => id);
    if (ids.length === 0) return;
    // Not awaited: a disk that is full or busy is no reason to keep anyone out.
    this.queue
      .save((manager) =>
        manager.update(SessionEntity, { id: In(ids), lastSeenAt: LessThan(now) }, { lastSeenAt: now }),
      )
      .catch((error: unknown) => this.logger.warn({ err: error }, 'the use of a session was not noted'));
  }

  /** @throws {Refusal} UNAUTHENTICATED for a digest of no session, or of one that has ended by age */
  async find(digest: string): Promise<SessionEntity> {
    const session = await this.sessions.findOneBy({ digest });
    if (!session) throw new Refusal('UNAUTHENTICATED');
    if (endOf(session) > Date.now()) return session;
    await this.remove([session], 'expired');
    throw new Refusal('UNAUTHENTICATED');
  }

  /** A user's sessions, latest use first. */
  async list(userId: string): Promise<Reply<'auth.session.list'>['sessions']> {
    const sessions = await this.sessions.find({
      where: { userId },
      order: { lastSeenAt: 'DESC', createdAt: 'DESC' },
    });
    return sessions
      .filter((session) => endOf(session) > Date.now())
      .map((session) => ({
        id: session.id,
        createdAt: new Date(session.createdAt).toISOString(),
        lastSeenAt: new Date(session.lastSeenAt).toISOString(),
        userAgent: session.userAgent,
      }));
  }

  /** Ends the session with this digest, if there is one. */
  async logout(digest: string): Promise<string | null> {
    const session = await this.sessions.findOneBy({ digest });
    if (!session) return null;
    const { id: sessionId, userId } = session;
    await this.remove([session], 'logged-out', { userId, type: 'logged-out', sessionId });
    return sessionId;
  }

  /**
   * Ends one session of a user.
   * @throws {Refusal} NOT_FOUND
   */
  async revoke(userId: string, sessionId: string, bySessionId: string | null): Promise<void> {
    const session = await this.sessions.findOneBy({ id: sessionId, userId });
    if (!session) throw new Refusal('NOT_FOUND', 'Session not found');
    const detail = session.userAgent;
    await this.remove([session], 'revoked', {
      userId,
      type: 'session-revoked',
      sessionId: bySessionId,
      detail,
    });
  }

  /**
   * Gives a session a new token in the transaction that calls for it: the old one is worth nothing from then on.
   * @throws {Refusal} UNAUTHENTICATED when it has ended by now
   */
  async renew(manager: EntityManager, session: SessionEntity): Promise<NewSession> {
    const token = createSessionToken();
    const { id, digest } = session;
    const { affected } = await manager.update(
      SessionEntity,
      { id, digest },
      { digest: sessionDigest(token) },
    );
    if (affected === 0) throw new Refusal('UNAUTHENTICATED');
    return asNewSession(session, token);
  }

  /**
   * Ends all sessions of a user, but one that may go on, in the transaction that calls for it; `tell` says so after
   * the commit.
   */
  async endAll(
    manager: EntityManager,
    userId: string,
    reason: SessionEndReason,
    goesOn?: SessionEntity,
  ): Promise<{ ids: string[]; tell: () => void }> {
    const ended = (await manager.findBy(SessionEntity, { userId })).filter(({ id }) => id !== goesOn?.id);
    for (const { id } of ended) await manager.delete(SessionEntity, { id });
    return { ids: ended.map(({ id }) => id), tell: () => this.tell(ended, reason) };
  }

  private async remove(
    sessions: readonly SessionEntity[],
    reason: SessionEndReason,
    deed?: Deed,
  ): Promise<void> {
    await this.activity.recording(async (manager, note) => {
      for (const { id } of sessions) await manager.delete(SessionEntity, { id });
      if (deed) await note(deed);
    });
    this.tell(sessions, reason);
  }

  private tell(sessions: readonly Pick<SessionEntity, 'id' | 'userId'>[], reason: SessionEndReason): void {
    const at = new Date().toISOString();
    for (const { id, userId } of sessions)
      this.bus.tell('event.session.ended', { userId, sessionId: id, reason, at });
  }

  private async sweep(): Promise<void> {
    try {
      const now = Date.now();
      const ended = await this.sessions.find({
        where: [
          { lastSeenAt: LessThan(now - LIMITS.sessionIdleMs) },
          { createdAt: LessThan(now - LIMITS.sessionTotalMs) },
        ],
        take: SWEEP_ROWS,
      });
      if (ended.length > 0) await this.remove(ended, 'expired');
    } catch (error) {
      this.logger.error({ err: error }, 'ended sessions could not be removed');
    }
  }
}

function asNewSession({ id, createdAt }: Pick<SessionEntity, 'id' | 'createdAt'>, token: string): NewSession {
  return {
    id,
    token,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(createdAt + LIMITS.sessionTotalMs).toISOString(),
  };
}

/** When a session ends by age: 7 days without use, 30 days in all. */
function endOf(session: Pick<SessionEntity, 'lastSeenAt' | 'createdAt'>): number {
  return Math.min(session.lastSeenAt + LIMITS.sessionIdleMs, session.createdAt + LIMITS.sessionTotalMs);
}
