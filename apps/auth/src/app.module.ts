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
import type { AuthSettings } from './config.js';
import { CreateAuthTables1764000000000 } from './database/create-auth-tables-1764000000000.js';
import { KeepResetLinks1764200000000 } from './database/keep-reset-links-1764200000000.js';
import { NoteUnscrubbedAccounts1764100000000 } from './database/note-unscrubbed-accounts-1764100000000.js';
import { TellActorsApart1764310000000 } from './database/tell-actors-apart-1764310000000.js';
import { HealthBusController } from './health/health.bus.controller.js';
import { SessionEntity } from './sessions/session.entity.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { UserEntity } from './users/user.entity.js';
import { UsersModule } from './users/users.module.js';

/** The auth service: users, their sessions, and what they did. */
@Module({})
export class AppModule {
  /**
   * @param settings the settings of this process
   * @param logger its log
   */
  static with(settings: AuthSettings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        BusModule.forService('auth', busLogin(settings), logger),
        DatabaseModule.forFile(
          join(settings.DATA_DIR, 'auth.db'),
          {
            entities: [UserEntity, SessionEntity],
            migrations: [
              CreateAuthTables1764000000000,
              NoteUnscrubbedAccounts1764100000000,
              KeepResetLinks1764200000000,
              TellActorsApart1764310000000,
            ],
          },
          ledgerFile(settings),
        ),
        TelemetryModule.forService('auth', settings),
        OutboxModule,
        ActivityModule,
        SessionsModule,
        UsersModule,
      ],
      controllers: [HealthBusController],
    };
  }
}
