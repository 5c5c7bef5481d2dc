import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Scrubber, sqliteHandle, sqliteOptions, WriteQueue, type SqliteHandle } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import type { ChatStore } from '../src/store/chat-store.js';
import { CHAT_MIGRATIONS } from '../src/store/migrations/migrations.js';
import { SqliteChatStore } from '../src/store/sqlite/sqlite-chat-store.js';

/** A real, empty store in a folder of its own. */
export interface StoreUnderTest {
  readonly store: ChatStore;
  readonly source: DataSource;
  readonly handle: SqliteHandle;
  /** Where it lies. */
  readonly folder: string;
  /** Closes it and removes the folder. */
  readonly close: () => Promise<void>;
}

/** Makes a store with its tables. */
export async function aStore(): Promise<StoreUnderTest> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'chat.db');
  const source = new DataSource(sqliteOptions(file, { entities: [], migrations: CHAT_MIGRATIONS }));
  await source.initialize();
  const queue = new WriteQueue(source);
  return {
    store: new SqliteChatStore(source, queue, new Scrubber(queue, file, pino({ level: 'silent' }))),
    source,
    handle: sqliteHandle(source),
    folder: folder.path,
    close: async () => {
      await source.destroy();
      folder.remove();
    },
  };
}

/** Stores a chat without a key. */
export async function storeChat(store: ChatStore): Promise<string> {
  const chatId = randomUUID();
  await store.transaction(({ chats }) => chats.insert(chatId, randomUUID(), 0));
  return chatId;
}
