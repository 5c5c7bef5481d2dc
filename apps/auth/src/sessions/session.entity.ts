import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A session as it is stored: never its token. */
@Entity('sessions')
export class SessionEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'user_id' })
  userId!: string;

  /** SHA-256 of the token, in hex. */
  @Column('text')
  digest!: string;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent!: string | null;

  /** Milliseconds since 1970. */
  @Column('integer', { name: 'created_at' })
  createdAt!: number;

  /** Milliseconds since 1970; written at most once a minute. */
  @Column('integer', { name: 'last_seen_at' })
  lastSeenAt!: number;
}
