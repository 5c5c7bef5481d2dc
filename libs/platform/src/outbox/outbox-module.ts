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

/** The outbox of events that other services must confirm, for all modules of the service. */
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

  /** Sends again what was not confirmed before the last stop. */
  onApplicationBootstrap(): void {
    this.outbox.deliver();
  }

  /** Sends nothing new while the service stops. */
  onModuleDestroy(): void {
    this.outbox.stop();
  }

  /** Writes what waits in the queue before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.drain();
  }
}
