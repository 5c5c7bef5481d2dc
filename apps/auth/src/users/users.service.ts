import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Reply, Request } from '@app/contracts/bus';
import type { User } from '@app/contracts/edge';
import { isUniqueViolation, LOGGER, Refusal } from '@app/platform';
import type { Logger } from 'pino';
import { In, type Repository } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import { NOBODY } from '../activity/activity-rows.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { AccountErasure } from './account-erasure.js';
import { PasswordHasher } from './password-hasher.js';
import { requireGoodPassword } from './password-rules.js';
import { ResetLinks } from './reset-links.js';
import { asUser, UserEntity, userNamed } from './user.entity.js';

/** Accounts: signing up, logging in, a new password, an end. */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly activity: ActivityLog,
    private readonly erasure: AccountErasure,
    private readonly links: ResetLinks,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Makes an account and its first session.
   * @throws {Refusal} VALIDATION_FAILED on password, USERNAME_TAKEN
   */
  async register({
    username,
    password,
    userAgent,
  }: Request<'auth.register'>): Promise<Reply<'auth.register'>> {
    requireGoodPassword('password', password, username);
    const usernameKey = username.toLowerCase();
    if (await this.users.existsBy({ usernameKey })) throw new Refusal('USERNAME_TAKEN');
    const user = {
      id: randomUUID(),
      username,
      usernameKey,
      passwordHash: await this.hasher.hash(username, password),
      createdAt: Date.now(),
    };
    const { id: userId } = user;
    try {
      const { session } = await this.activity.recording(async (manager, note) => {
        await manager.insert(UserEntity, user);
        const made = await this.sessions.create(manager, userId, userAgent);
        await note({ userId, type: 'registered', sessionId: made.session.id, detail: userAgent });
        return made;
      });
      return { user: asUser(user), session };
    } catch (error) {
      // Somebody took the name while the password was hashed.
      if (isUniqueViolation(error)) throw new Refusal('USERNAME_TAKEN');
      throw error;
    }
  }

  /**
   * Checks a name and password and makes a session.
   * @throws {Refusal} INVALID_CREDENTIALS, alike and as slow for an unknown name
   */
  async login(request: Request<'auth.login'>): Promise<Reply<'auth.login'>> {
    const { username, password, userAgent } = request;
    const user = await userNamed(this.users, username);
    if (!(await this.hasher.fits(username, password, user?.passwordHash)) || !user) {
      this.noteFailure(user?.id ?? NOBODY, null, userAgent);
      throw new Refusal('INVALID_CREDENTIALS');
    }
    const { id: userId, passwordHash } = user;
    const renewed = this.hasher.isOutdated(passwordHash)
      ? await this.hasher.hash(username, password)
      : undefined;
    const made = await this.activity.recording(async (manager, note) => {
      // Deleted, or given another hash, while this one was checked.
      if (!(await manager.existsBy(UserEntity, { id: userId, passwordHash }))) return undefined;
      if (renewed !== undefined) await manager.update(UserEntity, { id: userId }, { passwordHash: renewed });
      const created = await this.sessions.create(manager, userId, userAgent);
      await note({ userId, type: 'logged-in', sessionId: created.session.id, detail: userAgent });
      return created;
    });
    // Another log-in may just have renewed the hash of the same password: what counts is what is stored now.
    if (!made) return this.login(request);
    made.tell();
    return { user: asUser(user), session: made.session };
  }

  /**
   * Changes the password: every other session of the user ends, and the asking one gets a new token.
   * @throws {Refusal} UNAUTHENTICATED, INVALID_CREDENTIALS, VALIDATION_FAILED on newPassword
   */
  async changePassword(request: Request<'auth.password.change'>): Promise<Reply<'auth.password.change'>> {
    const asking = await this.sessions.find(request.digest);
    const user = await this.users.findOneBy({ id: asking.userId });
    if (!user) throw new Refusal('UNAUTHENTICATED');
    if (!(await this.hasher.fits(user.username, request.currentPassword, user.passwordHash))) {
      this.noteFailure(user.id, asking.id, asking.userAgent);
      throw new Refusal('INVALID_CREDENTIALS');
    }
    requireGoodPassword('newPassword', request.newPassword, user.username);
    const passwordHash = await this.hasher.hash(user.username, request.newPassword);
    const { session, ended } = await this.activity.recording(async (manager, note) => {
      // First of all: a session that was ended while the passwords were hashed may change nothing.
      const renewed = await this.sessions.renew(manager, asking);
      const unchanged = { id: user.id, passwordHash: user.passwordHash };
      const { affected } = await manager.update(UserEntity, unchanged, { passwordHash });
      if (affected === 0) throw new Refusal('INVALID_CREDENTIALS');
      const gone = await this.sessions.endAll(manager, user.id, 'password-changed', asking);
      await this.links.drop(manager, user.id);
      await note({ userId: user.id, type: 'password-changed', sessionId: asking.id });
      return { session: renewed, ended: gone };
    });
    ended.tell();
    return { session, endedSessionIds: ended.ids };
  }

  /**
   * Deletes an account: answered when no byte of it is left in this file; chat and gateway follow by the outbox.
   * @throws {Refusal} INVALID_CREDENTIALS, UNAUTHENTICATED
   */
  async delete({ userId, password }: Request<'auth.account.delete'>): Promise<Reply<'auth.account.delete'>> {
    const user = await this.users.findOneBy({ id: userId });
    // Also when the answer to a first call got lost: the account is deleted, and so is the session.
    if (!user) throw new Refusal('UNAUTHENTICATED');
    if (!(await this.hasher.fits(user.username, password, user.passwordHash))) {
      this.noteFailure(user.id, null, null);
      throw new Refusal('INVALID_CREDENTIALS');
    }
    return { endedSessionIds: await this.erasure.delete(user) };
  }

  /** The users with these ids; unknown ids are left out. */
  async byIds(ids: readonly string[]): Promise<User[]> {
    const users = await this.users.findBy({ id: In([...ids]) });
    return users.map(asUser);
  }

  /**
   * Notes a password that did not fit. After the answer, and with the same work for a name that nobody has: neither
   * this answer nor the next one comes later for a name that exists.
   */
  private noteFailure(userId: string, sessionId: string | null, userAgent: string | null): void {
    const deed = { userId, type: 'login-failed', sessionId, detail: userAgent } as const;
    setImmediate(() => {
      this.activity
        .recording((_manager, note) => note(deed))
        .catch((error: unknown) =>
          this.logger.error({ err: error, userId }, 'a failed log-in was not noted'),
        );
    });
  }
}
