import { Column, Entity, PrimaryColumn } from 'typeorm';

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
