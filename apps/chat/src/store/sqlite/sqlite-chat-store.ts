import { Injectable } from '@nestjs/common';
import { addToOutbox, BatchSize, Scrubber, sqliteHandle, WriteQueue, type SqliteHandle } from '@app/platform';
import { DataSource } from 'typeorm';
import {
  ChatStore,
  type ActivityReader,
  type Batches,
  type ChatKeyReader,
  type ChatReader,
  type ChatTransaction,
  type ErasureReader,
  type MasterKeyReader,
  type MemberReader,
} from '../chat-store.js';
import { SqliteActivityRepository } from './activity.repository.js';
import { SqliteChatKeyRepository } from './chat-key.repository.js';
import { SqliteChatRepository } from './chat.repository.js';
import { SqliteDeletedUserRepository } from './deleted-user.repository.js';
import { SqliteErasureRepository } from './erasure.repository.js';
import { SqliteMasterKeyRepository } from './master-key.repository.js';
import { SqliteMemberRepository } from './member.repository.js';
import type { RunQuery } from './query.js';

/** The store in one SQLite file, with one writer. */
@Injectable()
export class SqliteChatStore extends ChatStore {
  readonly chats: ChatReader;
  readonly members: MemberReader;
  readonly keys: ChatKeyReader;
  readonly masterKeys: MasterKeyReader;
  readonly erasures: ErasureReader;
  readonly activity: ActivityReader;
  /** One at a time is open: all share its repositories. */
  private readonly open: ChatTransaction;

  constructor(
    source: DataSource,
    private readonly queue: WriteQueue,
    private readonly scrubber: Scrubber,
  ) {
    super();
    const handle = sqliteHandle(source);
    const committed = repositories(handle, (query) => queue.read(query));
    this.chats = committed.chats;
    this.members = committed.members;
    this.keys = committed.keys;
    this.masterKeys = committed.masterKeys;
    this.erasures = committed.erasures;
    this.activity = committed.activity;
    this.open = {
      ...repositories(handle, async (query) => {
        if (!handle.inTransaction) throw new Error('the transaction has ended');
        return query();
      }),
      addEvent: async (subject, payload) => addToOutbox(handle, subject, payload),
    };
  }

  transaction<T>(work: (transaction: ChatTransaction) => Promise<T>): Promise<T> {
    return this.queue.asyncTransaction(() => work(this.open));
  }

  batches(): Batches {
    const size = new BatchSize();
    return { run: (work) => size.asyncBatch(this.queue, (rows) => work(this.open, rows)) };
  }

  scrub(): Promise<void> {
    return this.scrubber.scrub();
  }

  takesWrites(): Promise<boolean> {
    return this.queue.takesWrites();
  }
}

function repositories(handle: SqliteHandle, query: RunQuery): Omit<ChatTransaction, 'addEvent'> {
  return {
    chats: new SqliteChatRepository(handle, query),
    members: new SqliteMemberRepository(handle, query),
    keys: new SqliteChatKeyRepository(handle, query),
    masterKeys: new SqliteMasterKeyRepository(handle, query),
    erasures: new SqliteErasureRepository(handle, query),
    activity: new SqliteActivityRepository(handle, query),
    deletedUsers: new SqliteDeletedUserRepository(handle, query),
  };
}
