import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { StoredUser } from '../auth-store.js';

/** A row of the table of accounts. */
@Entity('users')
export class UserEntity implements StoredUser {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  username!: string;

  /** The name in lower case, by which it is unique and found. */
  @Column('text', { name: 'username_key' })
  usernameKey!: string;

  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  @Column('integer', { name: 'created_at' })
  createdAt!: number;
}
