import { Injectable } from '@nestjs/common';
import { addToOutbox, Scrubber, sqliteHandle, WriteQueue, type SqliteHandle } from '@app/platform';
import { DataSource, type EntityManager } from 'typeorm';
import {
  AuthStore,
  type ActivityReader,
  type AuthTransaction,
  type ResetLinkReader,
  type SessionReader,
  type UnscrubbedReader,
  type UserReader,
} from '../auth-store.js';
import { SqliteActivityRepository } from './activity.repository.js';
import { SqliteResetLinkRepository } from './reset-link.repository.js';
import { SqliteSessionRepository } from './session.repository.js';
import { SqliteUnscrubbedRepository } from './unscrubbed.repository.js';
import { SqliteUserRepository } from './user.repository.js';

/** The store in one SQLite file, with one writer. */
@Injectable()
export class SqliteAuthStore extends AuthStore {
  readonly users: UserReader;
  readonly sessions: SessionReader;
  readonly activity: ActivityReader;
  readonly resetLinks: ResetLinkReader;
  readonly unscrubbed: UnscrubbedReader;
  private readonly handle: SqliteHandle;

  constructor(
    source: DataSource,
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
  ) {
    super();
    this.handle = sqliteHandle(source);
    const { users, sessions, activity, resetLinks, unscrubbed } = repositories(source.manager);
    this.users = users;
    this.sessions = sessions;
    this.activity = activity;
    this.resetLinks = resetLinks;
    this.unscrubbed = unscrubbed;
  }

  transaction<T>(work: (transaction: AuthTransaction) => Promise<T>): Promise<T> {
    return this.queue.asyncTransaction((manager) =>
      work({
        ...repositories(manager),
        addEvent: async (subject, payload) => addToOutbox(this.handle, subject, payload),
      }),
    );
  }

  scrub(): Promise<void> {
    return this.scrubber.scrub();
  }

  takesWrites(): Promise<boolean> {
    return this.queue.takesWrites();
  }
}

function repositories(manager: EntityManager): Omit<AuthTransaction, 'addEvent'> {
  return {
    users: new SqliteUserRepository(manager),
    sessions: new SqliteSessionRepository(manager),
    activity: new SqliteActivityRepository(manager),
    resetLinks: new SqliteResetLinkRepository(manager),
    unscrubbed: new SqliteUnscrubbedRepository(manager),
  };
}
