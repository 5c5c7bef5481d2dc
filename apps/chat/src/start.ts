import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { busLogin, busServer, createLogger, NestLogger, prepareDataFolder } from '@app/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { ChatSettings } from './config.js';

/**
 * Starts the chat service and resolves when it answers on the bus.
 * @throws {SettingError} when the data folder, the database or the master key file cannot be used
 */
export async function startChat(
  settings: ChatSettings,
): Promise<{ app: INestMicroservice; logger: Logger; supervised: boolean }> {
  prepareDataFolder(settings.DATA_DIR);
  const logger = createLogger('chat', settings.LOG_LEVEL);
  const app = await NestFactory.createMicroservice(AppModule.with(settings, logger), {
    ...busServer('chat', busLogin(settings), logger),
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await app.listen();
  // Nest does not wait until the server has the subscriptions: a request before that finds no subscriber.
  await app.unwrap<NatsConnection>().flush();
  return { app, logger, supervised: settings.SUPERVISED !== '' };
}
