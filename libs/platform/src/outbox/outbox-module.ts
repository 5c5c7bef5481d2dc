import {
  Global,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { WriteQueue } from '../database/write-queue.js';
import { LOGGER } from '../logging/service-logger.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { BusClient } from '../bus/bus-client.js';
import { Outbox } from './outbox.js';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';

/** The events of this service that others must confirm, for all its modules. */
@Global()
@Module({
  providers: [
    {
      provide: Outbox,
      inject: [DataSource, WriteQueue, BusClient, LOGGER],
      useFactory: (source: DataSource, queue: WriteQueue, bus: BusClient, logger: Logger) =>
        new Outbox(source, queue, bus, logger),
    },
  ],
  exports: [Outbox],
})
export class OutboxModule implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  constructor(
    private readonly outbox: Outbox,
    private readonly queue: WriteQueue,
    telemetry: Telemetry,
  ) {
    telemetry.gauge(
      'outbox_pending',
      'Events that wait to be confirmed.',
      async () => (await outbox.backlog()).pending,
    );
    telemetry.gauge(
      'outbox_oldest_seconds',
      'Age of the oldest event that waits to be confirmed.',
      async () => (await outbox.backlog()).oldestMs / 1_000,
    );
  }

  /** What was not confirmed before the last end is sent again. */
  onApplicationBootstrap(): void {
    this.outbox.deliver();
  }

  /** Nothing new is sent while the service ends. */
  onModuleDestroy(): void {
    this.outbox.stop();
  }

  /** What waits to be written is written before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.drain();
  }
}
