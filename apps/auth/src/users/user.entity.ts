import { USERNAME_PATTERN, type User } from '@app/contracts/edge';
import { Column, Entity, PrimaryColumn, type Repository } from 'typeorm';

/** An account as it is stored. */
@Entity('users')
export class UserEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  username!: string;

  /** The name in lower case, by which it is unique and found. */
  @Column('text', { name: 'username_key' })
  usernameKey!: string;

  /** Argon2id in PHC form, with its parameters. */
  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  /** Milliseconds since 1970. */
  @Column('integer', { name: 'created_at' })
  createdAt!: number;
}

/** An account as it is told. */
export function asUser({ id, username, createdAt }: UserEntity): User {
  return { id, username, createdAt: new Date(createdAt).toISOString() };
}

/** Finds an account by its name in any case. */
export async function userNamed(users: Repository<UserEntity>, username: string): Promise<UserEntity | null> {
  // What lower case makes of a name that cannot exist may be one that does: the Kelvin sign becomes a k.
  if (!USERNAME_PATTERN.test(username)) return null;
  return users.findOneBy({ usernameKey: username.toLowerCase() });
}
