import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import type { BusLogin } from '../config/service-settings.js';
import { BusClient } from './bus-client.js';
import { LOGGER } from '../logging/service-logger.js';

/** The bus and the log, for all of a service's modules. */
@Global()
@Module({})
export class BusModule {
  /** Connects before any other part of the service starts, and waits for the server without a limit. */
  static forService(service: string, login: BusLogin, logger: Logger): DynamicModule {
    return {
      module: BusModule,
      providers: [
        { provide: LOGGER, useValue: logger },
        { provide: BusClient, useFactory: () => BusClient.connect(service, login, logger) },
      ],
      exports: [LOGGER, BusClient],
    };
  }
}
