import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { busLogin, BusModule, DatabaseModule, ledgerFile, TelemetryModule } from '@app/platform';
import type { Logger } from 'pino';
import { ApiDocsHttpController } from './api-docs/api-docs.http.controller.js';
import { AuthHttpController } from './auth/auth.http.controller.js';
import { AuthModule } from './auth/auth.module.js';
import { DataExport } from './auth/data-export.js';
import { LocalStrategy } from './auth/local.strategy.js';
import { SessionAfterBodyGuard, SessionGuard } from './auth/session.guard.js';
import { ChatErasure } from './chats/chat-erasure.js';
import { ChatViews } from './chats/chat-views.js';
import { ChatsHttpController } from './chats/chats.http.controller.js';
import { ChatsModule } from './chats/chats.module.js';
import { MissingUsers } from './chats/missing-users.js';
import type { GatewaySettings } from './config.js';
import { GATEWAY_MIGRATIONS } from './database/migrations.js';
import { EventsBusController } from './events/events.bus.controller.js';
import { HealthHttpController } from './health/health.http.controller.js';
import { BodyGuard } from './http/body.guard.js';
import { HttpModule } from './http/http.module.js';
import { OriginGuard } from './http/origin.guard.js';
import { ProblemFilter } from './http/problem.filter.js';
import { ReadGuard } from './http/read.guard.js';
import { RateGuard } from './http/rate.guard.js';
import { MessagesHttpController } from './messages/messages.http.controller.js';
import { MessagesModule } from './messages/messages.module.js';
import { ConnectionLimits } from './realtime/connection-limits.js';
import { Presence } from './realtime/presence.js';
import { RealtimeGateway } from './realtime/realtime.gateway.js';
import { SessionCheck } from './realtime/session-check.js';
import { SocketAuth } from './realtime/socket-auth.js';
import { SocketsModule } from './realtime/sockets.module.js';
import { Typing } from './realtime/typing.js';
import { ReceiptsService } from './receipts/receipts.service.js';
import { SettingsModule } from './settings.module.js';

/** The gateway: the one public edge and the store of sealed messages. */
@Module({})
export class AppModule {
  /**
   * @param settings the settings of this process
   * @param logger its log
   */
  static with(settings: GatewaySettings, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.with(settings),
        BusModule.forService('gateway', busLogin(settings), logger),
        DatabaseModule.forFile(
          join(settings.DATA_DIR, 'gateway.db'),
          {
            entities: [],
            migrations: GATEWAY_MIGRATIONS,
          },
          ledgerFile(settings),
        ),
        TelemetryModule.forService('gateway', settings),
        PassportModule.register({ session: false }),
        HttpModule,
        AuthModule,
        ChatsModule,
        SocketsModule,
        MessagesModule,
      ],
      controllers: [
        AuthHttpController,
        ChatsHttpController,
        MessagesHttpController,
        HealthHttpController,
        ApiDocsHttpController,
        EventsBusController,
      ],
      providers: [
        // Guards run in this order, before anything is parsed: the order of the contract's refusals.
        { provide: APP_GUARD, useClass: OriginGuard },
        { provide: APP_GUARD, useClass: SessionGuard },
        { provide: APP_GUARD, useClass: RateGuard },
        { provide: APP_GUARD, useClass: BodyGuard },
        { provide: APP_GUARD, useClass: SessionAfterBodyGuard },
        { provide: APP_GUARD, useClass: ReadGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        LocalStrategy,
        DataExport,
        ChatViews,
        ChatErasure,
        MissingUsers,
        ReceiptsService,
        ConnectionLimits,
        SocketAuth,
        SessionCheck,
        Typing,
        Presence,
        RealtimeGateway,
      ],
    };
  }
}
