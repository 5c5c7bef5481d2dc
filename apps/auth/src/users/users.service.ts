import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Reply, Request } from '@app/contracts/bus';
import type { User } from '@app/contracts/edge';
import { isUniqueViolation, Outbox, Refusal, Scrubber, validationFailed, WriteQueue } from '@app/platform';
import { In, type Repository } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { isCommonPassword } from './common-passwords.js';
import { PasswordHasher } from './password-hasher.js';
import { UserEntity } from './user.entity.js';

/** Accounts: signing up, logging in, a new password, an end. */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
    private readonly outbox: Outbox,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly activity: ActivityLog,
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
      passwordHash: await this.hasher.hash(password),
      createdAt: Date.now(),
    };
    try {
      const session = await this.queue.save(async (manager) => {
        await manager.insert(UserEntity, user);
        const made = await this.sessions.create(manager, user.id, userAgent);
        await this.activity.note(manager, user.id, 'registered', made.id, userAgent);
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
  async login({ username, password, userAgent }: Request<'auth.login'>): Promise<Reply<'auth.login'>> {
    const user = await this.users.findOneBy({ usernameKey: username.toLowerCase() });
    if (!(await this.hasher.fits(password, user?.passwordHash)) || !user) {
      if (user)
        await this.queue.save((manager) =>
          this.activity.note(manager, user.id, 'login-failed', null, userAgent),
        );
      throw new Refusal('INVALID_CREDENTIALS');
    }
    const renewed = this.hasher.isOutdated(user.passwordHash) ? await this.hasher.hash(password) : undefined;
    const session = await this.queue.save(async (manager) => {
      // Deleted, or given another password, while this one was checked.
      const { passwordHash } = user;
      if (!(await manager.existsBy(UserEntity, { id: user.id, passwordHash })))
        throw new Refusal('INVALID_CREDENTIALS');
      if (renewed !== undefined) await manager.update(UserEntity, { id: user.id }, { passwordHash: renewed });
      const made = await this.sessions.create(manager, user.id, userAgent);
      await this.activity.note(manager, user.id, 'logged-in', made.id, userAgent);
      return made;
    });
    return { user: asUser(user), session };
  }

  /**
   * Changes the password: every other session of the user ends, and the asking one gets a new token.
   * @throws {Refusal} UNAUTHENTICATED, INVALID_CREDENTIALS, VALIDATION_FAILED on newPassword
   */
  async changePassword(request: Request<'auth.password.change'>): Promise<Reply<'auth.password.change'>> {
    const asking = await this.sessions.find(request.digest);
    const user = await this.requireUser(asking.userId, request.currentPassword);
    requireGoodPassword('newPassword', request.newPassword, user.username);
    const passwordHash = await this.hasher.hash(request.newPassword);
    const { session, ended } = await this.queue.save(async (manager) => {
      const { affected } = await manager.update(
        UserEntity,
        { id: user.id, passwordHash: user.passwordHash },
        { passwordHash },
      );
      if (affected === 0) throw new Refusal('INVALID_CREDENTIALS');
      const gone = await this.sessions.endAll(manager, user.id, 'password-changed', asking);
      const renewed = await this.sessions.renew(manager, asking);
      await this.activity.note(manager, user.id, 'password-changed', asking.id);
      return { session: renewed, ended: gone };
    });
    ended.tell();
    return { session, endedSessionIds: ended.ids };
  }

  /**
   * Deletes an account: answered when no byte of it is left in this file; chat and gateway follow by the outbox.
   * @throws {Refusal} INVALID_CREDENTIALS, NOT_FOUND
   */
  async delete({ userId, password }: Request<'auth.account.delete'>): Promise<Reply<'auth.account.delete'>> {
    await this.requireUser(userId, password);
    const ended = await this.queue.save(async (manager) => {
      const gone = await this.sessions.endAll(manager, userId, 'account-deleted');
      await manager.query('DELETE FROM activity WHERE user_id = ?', [userId]);
      await manager.delete(UserEntity, { id: userId });
      await this.outbox.add(manager, 'event.user.deleted', { userId, at: new Date().toISOString() });
      return gone;
    });
    ended.tell();
    void this.outbox.deliverAll();
    await this.scrubber.scrub();
    return { endedSessionIds: ended.ids };
  }

  /** The users with these ids; unknown ids are left out. */
  async byIds(ids: readonly string[]): Promise<User[]> {
    const users = await this.users.findBy({ id: In([...ids]) });
    return users.map(asUser);
  }

  private async requireUser(userId: string, password: string): Promise<UserEntity> {
    const user = await this.users.findOneBy({ id: userId });
    if (!user) throw new Refusal('NOT_FOUND', 'There is no such user');
    if (!(await this.hasher.fits(password, user.passwordHash))) throw new Refusal('INVALID_CREDENTIALS');
    return user;
  }
}

function asUser({ id, username, createdAt }: UserEntity): User {
  return { id, username, createdAt: new Date(createdAt).toISOString() };
}

function requireGoodPassword(field: string, password: string, username: string): void {
  const plain = password.normalize('NFKC').toLowerCase();
  if (plain === username.toLowerCase())
    throw validationFailed([{ field, message: 'must not be the username' }]);
  if (isCommonPassword(password))
    throw validationFailed([{ field, message: 'is one of the most common passwords: choose another' }]);
}
