import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { busLogin, BusModule, ledgerFile, TelemetryModule } from '@app/platform';
import type { Logger } from 'pino';
import { ControllersModule } from './bus/controllers.module.js';
import type { ChatSettings } from './config.js';
import { MasterKeyModule } from './master-key/master-key.module.js';
import { StoreModule } from './store/sqlite/store.module.js';

/** The chat service: chats, who is in them, and their wrapped keys. */
@Module({})
export class AppModule {
  /**
   * @param settings the settings of the process
   * @param logger the log of the process
   */
  static with(settings: ChatSettings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        BusModule.forService('chat', busLogin(settings), logger),
        StoreModule.forFile(join(settings.DATA_DIR, 'chat.db'), ledgerFile(settings)),
        MasterKeyModule.forFile(settings.MASTER_KEY_FILE),
        TelemetryModule.forService('chat', settings),
        ControllersModule,
      ],
    };
  }
}
