import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Reply, Request } from '@app/contracts/bus';
import { Refusal } from '@app/platform';
import type { Repository } from 'typeorm';
import { ActivityLog } from '../activity/activity-log.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { AccountErasure } from './account-erasure.js';
import { PasswordHasher } from './password-hasher.js';
import { requireGoodPassword } from './password-rules.js';
import { ResetLinks } from './reset-links.js';
import { asUser, UserEntity, userNamed } from './user.entity.js';

/** Who it is that does these things. */
const by = 'the operator';

/** What the operator of an installation does for an account, and the new password that a link of theirs sets. */
@Injectable()
export class AccountCare {
  constructor(
    @InjectRepository(UserEntity) private readonly users: Repository<UserEntity>,
    private readonly hasher: PasswordHasher,
    private readonly links: ResetLinks,
    private readonly sessions: SessionsService,
    private readonly activity: ActivityLog,
    private readonly erasure: AccountErasure,
  ) {}

  /**
   * Keeps the digest of a one-time token, by which its holder can set a new password.
   * @throws {Refusal} NOT_FOUND
   */
  async makeLink({ username, digest }: Request<'operator.reset'>): Promise<Reply<'operator.reset'>> {
    const user = await this.named(username);
    const expiresAt = await this.activity.recording(async (manager, note) => {
      // Deleted meanwhile.
      if (!(await manager.existsBy(UserEntity, { id: user.id }))) throw noSuchUser();
      const expires = await this.links.keep(manager, user.id, digest);
      await note({ userId: user.id, type: 'reset-link-made', sessionId: null, by });
      return expires;
    });
    return { username: user.username, expiresAt: new Date(expiresAt).toISOString() };
  }

  /**
   * Sets a new password for the holder of a token: it works once, and every session of the account ends.
   * @throws {Refusal} NOT_FOUND, VALIDATION_FAILED on newPassword; the token can be used again after that
   */
  async resetPassword({
    digest,
    newPassword,
  }: Request<'auth.password.reset'>): Promise<Reply<'auth.password.reset'>> {
    const userId = await this.links.ownerOf(digest);
    const user = userId === undefined ? null : await this.users.findOneBy({ id: userId });
    // Before anything is hashed: who has no token costs nothing.
    if (!user) throw noSuchLink();
    requireGoodPassword('newPassword', newPassword, user.username);
    const passwordHash = await this.hasher.hash(user.username, newPassword);
    const { id } = user;
    const ended = await this.activity.recording(async (manager, note) => {
      // Used by somebody else, replaced or expired while the password was hashed.
      if ((await this.links.ownerOf(digest, manager)) !== id) throw noSuchLink();
      await this.links.drop(manager, id);
      await manager.update(UserEntity, { id }, { passwordHash });
      const gone = await this.sessions.endAll(manager, id, 'password-changed');
      await note({ userId: id, type: 'password-changed', sessionId: null, by: 'a reset link' });
      return gone;
    });
    ended.tell();
    return { user: asUser(user), endedSessionIds: ended.ids };
  }

  /** The sessions of an account. @throws {Refusal} NOT_FOUND */
  async listSessions(username: string): Promise<Reply<'operator.sessions.list'>['sessions']> {
    return this.sessions.list((await this.named(username)).id);
  }

  /** Ends all sessions of an account. @throws {Refusal} NOT_FOUND */
  async endSessions(username: string): Promise<string[]> {
    const { id: userId } = await this.named(username);
    const ended = await this.activity.recording(async (manager, note) => {
      const gone = await this.sessions.endAll(manager, userId, 'revoked');
      if (gone.ids.length > 0) await note({ userId, type: 'session-revoked', sessionId: null, by });
      return gone;
    });
    ended.tell();
    return ended.ids;
  }

  /** Deletes an account. @throws {Refusal} NOT_FOUND, SERVICE_UNAVAILABLE as AccountErasure.delete */
  async delete(username: string): Promise<string[]> {
    const { id } = await this.named(username);
    return this.erasure.delete({ id }, by);
  }

  private async named(username: string): Promise<UserEntity> {
    const user = await userNamed(this.users, username);
    if (!user) throw noSuchUser();
    return user;
  }
}

function noSuchUser(): Refusal {
  return new Refusal('NOT_FOUND', 'User not found');
}

function noSuchLink(): Refusal {
  return new Refusal('NOT_FOUND', 'This link was already used, has expired or was replaced by a newer one');
}
