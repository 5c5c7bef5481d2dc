import { Injectable } from '@nestjs/common';
import type { User } from '@app/contracts/edge';
import { ApiError } from '@app/platform';
import { AuthStore, type StoredUser } from '../store/auth-store.js';

/** Finds accounts. */
@Injectable()
export class Accounts {
  constructor(private readonly store: AuthStore) {}

  /**
   * Finds an account by its name in any case.
   * @throws {ApiError} NOT_FOUND
   */
  async named(username: string): Promise<StoredUser> {
    const user = await this.store.users.findByName(username);
    if (!user) throw noSuchUser();
    return user;
  }

  /** Returns the users with these ids; unknown ids are left out. */
  async byIds(ids: readonly string[]): Promise<User[]> {
    return (await this.store.users.findByIds(ids)).map(asUser);
  }
}

/** Returns what others see of an account. */
export function asUser({ id, username, createdAt }: StoredUser): User {
  return { id, username, createdAt: new Date(createdAt).toISOString() };
}

/** Returns the error for an account that does not exist. */
export function noSuchUser(): ApiError {
  return new ApiError('NOT_FOUND', 'User not found');
}
