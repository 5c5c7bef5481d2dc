import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { busLogin, busServer, createLogger, NestLogger, prepareDataFolder } from '@app/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { AuthSettings } from './config.js';

/**
 * Starts the auth service and resolves when it answers on the bus.
 * @throws {SettingError} when the data folder or the database cannot be used
 */
export async function startAuth(
  settings: AuthSettings,
): Promise<{ app: INestMicroservice; logger: Logger; supervised: boolean }> {
  prepareDataFolder(settings.DATA_DIR);
  const logger = createLogger('auth', settings.LOG_LEVEL);
  const app = await NestFactory.createMicroservice(AppModule.with(settings, logger), {
    ...busServer('auth', busLogin(settings), logger),
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await app.listen();
  // Nest does not wait until the server has the subscriptions: a request before that finds no subscriber.
  await app.unwrap<NatsConnection>().flush();
  return { app, logger, supervised: settings.SUPERVISED !== '' };
}
