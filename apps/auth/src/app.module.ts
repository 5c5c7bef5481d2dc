import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { busLogin, BusModule, ledgerFile, TelemetryModule } from '@app/platform';
import type { Logger } from 'pino';
import { ControllersModule } from './bus/controllers.module.js';
import type { AuthSettings } from './config.js';
import { StoreModule } from './store/sqlite/store.module.js';

/** The auth service: users, their sessions, and what they did. */
@Module({})
export class AppModule {
  /**
   * @param settings the settings of the process
   * @param logger the log of the process
   */
  static with(settings: AuthSettings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        BusModule.forService('auth', busLogin(settings), logger),
        StoreModule.forFile(join(settings.DATA_DIR, 'auth.db'), ledgerFile(settings)),
        TelemetryModule.forService('auth', settings),
        ControllersModule,
      ],
    };
  }
}
