import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import {
  busLogin,
  BusModule,
  DatabaseModule,
  ledgerFile,
  OutboxModule,
  TelemetryModule,
} from '@app/platform';
import type { Logger } from 'pino';
import { ActivityModule } from './activity/activity.module.js';
import { ChatsModule } from './chats/chats.module.js';
import type { ChatSettings } from './config.js';
import { CHAT_MIGRATIONS } from './database/migrations.js';
import { HealthBusController } from './health/health.bus.controller.js';
import { KeysModule } from './keys/keys.module.js';
import { MasterKeyModule } from './keys/master-key.module.js';
import { MembershipModule } from './members/membership.module.js';

/** The chat service: chats, who is in them, and their wrapped keys. */
@Module({})
export class AppModule {
  /**
   * @param settings the settings of this process
   * @param logger its log
   */
  static with(settings: ChatSettings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        BusModule.forService('chat', busLogin(settings), logger),
        DatabaseModule.forFile(
          join(settings.DATA_DIR, 'chat.db'),
          {
            entities: [],
            migrations: CHAT_MIGRATIONS,
          },
          ledgerFile(settings),
        ),
        MasterKeyModule.forFile(settings.MASTER_KEY_FILE),
        TelemetryModule.forService('chat', settings),
        OutboxModule,
        ActivityModule,
        KeysModule,
        ChatsModule,
        MembershipModule,
      ],
      controllers: [HealthBusController],
    };
  }
}
