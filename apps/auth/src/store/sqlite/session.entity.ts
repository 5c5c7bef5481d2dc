import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { StoredSession } from '../auth-store.js';

/** A row of the table of sessions. */
@Entity('sessions')
export class SessionEntity implements StoredSession {
  @PrimaryColumn('text')
  id!: string;

  @Column('text', { name: 'user_id' })
  userId!: string;

  @Column('text')
  digest!: string;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent!: string | null;

  @Column('integer', { name: 'created_at' })
  createdAt!: number;

  @Column('integer', { name: 'last_seen_at' })
  lastSeenAt!: number;
}
