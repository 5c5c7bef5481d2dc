import { join } from 'node:path';
import { sqliteOptions, WriteQueue } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { DataSource } from 'typeorm';
import { CHAT_MIGRATIONS } from '../src/database/migrations.js';

/** A real, empty store in a folder of its own. */
export interface StoreUnderTest {
  readonly source: DataSource;
  readonly queue: WriteQueue;
  /** Where it lies. */
  readonly folder: string;
  /** Closes it and removes the folder. */
  readonly close: () => Promise<void>;
}

/** Makes a store with its tables. */
export async function aStore(): Promise<StoreUnderTest> {
  const folder = temporaryFolder();
  const source = new DataSource(
    sqliteOptions(join(folder.path, 'chat.db'), {
      entities: [],
      migrations: CHAT_MIGRATIONS,
    }),
  );
  await source.initialize();
  return {
    source,
    queue: new WriteQueue(source),
    folder: folder.path,
    close: async () => {
      await source.destroy();
      folder.remove();
    },
  };
}
