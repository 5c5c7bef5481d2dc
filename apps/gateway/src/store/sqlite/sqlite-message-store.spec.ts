import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LOGGER, readSettings, Telemetry } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { describeMessageStore, type OpenedStore } from '../../../test/store/message-store-contract.js';
import { GATEWAY_SETTINGS } from '../../settings/config.js';
import { MessageStore } from '../message-store.js';
import { SqliteStoreModule } from './sqlite-store.module.js';

@Global()
@Module({
  providers: [
    { provide: LOGGER, useValue: pino({ level: 'silent' }) },
    { provide: Telemetry, useFactory: () => Telemetry.start('gateway', { host: '', port: 0 }) },
  ],
  exports: [LOGGER, Telemetry],
})
class Surroundings {}

async function open(folder: ReturnType<typeof temporaryFolder>): Promise<OpenedStore> {
  const settings = { ...readSettings(GATEWAY_SETTINGS, {}), DATA_DIR: folder.path };
  const app = await NestFactory.createApplicationContext(
    { module: Surroundings, imports: [SqliteStoreModule.in(settings)] },
    { logger: false, abortOnError: false },
  );
  const store = app.get(MessageStore, { strict: false });
  return {
    store,
    reopen: async () => {
      await app.close();
      return open(folder);
    },
    holds: (bytes) =>
      readdirSync(folder.path).some((name) => readFileSync(join(folder.path, name)).includes(bytes)),
    close: async () => {
      await app.close();
      folder.remove();
    },
  };
}

describeMessageStore('SQLite', () => open(temporaryFolder()));
