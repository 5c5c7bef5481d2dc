import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { busLogin, BusModule, TelemetryModule } from '@app/platform';
import type { Logger } from 'pino';
import { ApiDocsHttpController } from './edge/docs/api-docs.http.controller.js';
import { AuthHttpController } from './edge/http/auth.http.controller.js';
import { DataExport } from './edge/http/data-export.js';
import { LocalStrategy } from './edge/session/local.strategy.js';
import { SessionAfterBodyGuard, SessionGuard } from './edge/session/session.guard.js';
import { ChatsHttpController } from './edge/http/chats.http.controller.js';
import type { GatewaySettings } from './settings/config.js';
import { HealthHttpController } from './edge/http/health.http.controller.js';
import { ConversationModule } from './conversation/conversation.module.js';
import { SessionModule } from './edge/session/session.module.js';
import { LimitsModule } from './edge/limits/limits.module.js';
import { SocketsModule } from './edge/sockets/sockets.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { SqliteStoreModule } from './store/sqlite/sqlite-store.module.js';
import { BodyGuard } from './edge/http/pipeline/body.guard.js';
import { OriginGuard } from './edge/http/pipeline/origin.guard.js';
import { ProblemFilter } from './edge/http/pipeline/problem.filter.js';
import { ReadGuard } from './edge/http/pipeline/read.guard.js';
import { RateGuard } from './edge/http/pipeline/rate.guard.js';
import { MessagesHttpController } from './edge/http/messages.http.controller.js';
import { ConnectionLimits } from './edge/sockets/engine/connection-limits.js';
import { RealtimeGateway } from './edge/sockets/realtime.gateway.js';
import { SessionCheck } from './edge/sockets/session-check.js';
import { SocketAuth } from './edge/sockets/socket-auth.js';

/** The gateway: the one public edge, the conversation, and the store of sealed messages. */
@Module({})
export class AppModule {
  /**
   * @param settings the settings of this process
   * @param logger its log
   */
  static with(settings: GatewaySettings, logger: Logger): DynamicModule {
    const store = SqliteStoreModule.in(settings);
    return {
      module: AppModule,
      imports: [
        SettingsModule.with(settings),
        BusModule.forService('gateway', busLogin(settings), logger),
        TelemetryModule.forService('gateway', settings),
        PassportModule.register({ session: false }),
        LimitsModule,
        SessionModule.over([store]),
        SocketsModule,
        store,
        ConversationModule.over([store, SocketsModule]),
      ],
      controllers: [
        AuthHttpController,
        ChatsHttpController,
        MessagesHttpController,
        HealthHttpController,
        ApiDocsHttpController,
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
        ConnectionLimits,
        SocketAuth,
        SessionCheck,
        RealtimeGateway,
      ],
    };
  }
}
