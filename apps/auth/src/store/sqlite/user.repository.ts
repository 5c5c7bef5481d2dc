import { USERNAME_PATTERN } from '@app/contracts/edge';
import { In, type EntityManager } from 'typeorm';
import type { StoredUser, UserRepository } from '../auth-store.js';
import { UserEntity } from './user.entity.js';

/** The table of accounts. */
export class SqliteUserRepository implements UserRepository {
  constructor(private readonly manager: EntityManager) {}

  async findById(id: string): Promise<StoredUser | undefined> {
    return (await this.manager.findOneBy(UserEntity, { id })) ?? undefined;
  }

  async findByName(username: string): Promise<StoredUser | undefined> {
    // In lower case a name that cannot exist may become one that can: the Kelvin sign becomes a k.
    if (!USERNAME_PATTERN.test(username)) return undefined;
    return (await this.manager.findOneBy(UserEntity, { usernameKey: username.toLowerCase() })) ?? undefined;
  }

  findByIds(ids: readonly string[]): Promise<StoredUser[]> {
    return this.manager.findBy(UserEntity, { id: In([...ids]) });
  }

  async insert({ id, username, passwordHash, createdAt }: StoredUser): Promise<boolean> {
    const inserted = await this.manager.query<{ id: string }[]>(
      `INSERT INTO users (id, username, username_key, password_hash, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (username_key) DO NOTHING RETURNING id`,
      [id, username, username.toLowerCase(), passwordHash, createdAt],
    );
    return inserted.length > 0;
  }

  async replacePassword(id: string, oldHash: string, newHash: string): Promise<boolean> {
    const { affected } = await this.manager.update(
      UserEntity,
      { id, passwordHash: oldHash },
      { passwordHash: newHash },
    );
    return affected !== 0;
  }

  async setPassword(id: string, passwordHash: string): Promise<void> {
    await this.manager.update(UserEntity, { id }, { passwordHash });
  }

  async delete(id: string): Promise<void> {
    await this.manager.delete(UserEntity, { id });
  }
}
