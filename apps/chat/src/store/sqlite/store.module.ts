import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DatabaseModule, OutboxModule } from '@app/platform';
import { ChatStore } from '../chat-store.js';
import { CHAT_MIGRATIONS } from '../migrations/migrations.js';
import { SqliteChatStore } from './sqlite-chat-store.js';

/** The store in an SQLite file of the data folder, and the outbox in it. */
@Global()
@Module({})
export class StoreModule {
  /**
   * @param file an absolute path in the data folder
   * @param ledger the absolute path of the erasure ledger
   */
  static forFile(file: string, ledger: string): DynamicModule {
    return {
      module: StoreModule,
      imports: [
        DatabaseModule.forFile(file, { entities: [], migrations: CHAT_MIGRATIONS }, ledger),
        OutboxModule,
      ],
      providers: [{ provide: ChatStore, useClass: SqliteChatStore }],
      exports: [ChatStore],
    };
  }
}
