import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DatabaseModule, OutboxModule } from '@app/platform';
import { AuthStore } from '../auth-store.js';
import { AUTH_MIGRATIONS } from '../migrations/migrations.js';
import { SessionEntity } from './session.entity.js';
import { SqliteAuthStore } from './sqlite-auth-store.js';
import { UserEntity } from './user.entity.js';

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
        DatabaseModule.forFile(
          file,
          { entities: [UserEntity, SessionEntity], migrations: AUTH_MIGRATIONS },
          ledger,
        ),
        OutboxModule,
      ],
      providers: [{ provide: AuthStore, useClass: SqliteAuthStore }],
      exports: [AuthStore],
    };
  }
}
