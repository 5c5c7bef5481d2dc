import { Global, Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { BusClient } from '../bus/bus-client.js';
import { WriteQueue } from '../database/write-queue.js';
import { Telemetry, type MetricsAddress } from '../telemetry/telemetry.js';

/** The metrics of a service, for all its modules, with those of the bus and the database that every service has. */
@Global()
@Module({})
export class TelemetryModule implements OnModuleInit {
  constructor(
    @Inject(Telemetry) private readonly telemetry: Telemetry,
    private readonly bus: BusClient,
    private readonly queue: WriteQueue,
  ) {}

  /**
   * @param service the service's name
   * @param settings where its metrics are served
   */
  static forService(
    service: string,
    settings: { readonly METRICS_HOST: string; readonly METRICS_PORT: number },
  ): DynamicModule {
    const address: MetricsAddress = { host: settings.METRICS_HOST, port: settings.METRICS_PORT };
    return {
      module: TelemetryModule,
      providers: [{ provide: Telemetry, useFactory: () => Telemetry.start(service, address) }],
      exports: [Telemetry],
    };
  }

  /** Adds the metrics of the bus and of the write queue. */
  onModuleInit(): void {
    const reconnects = this.telemetry.counter(
      'bus_reconnects_total',
      'Times the connection to NATS came back.',
    );
    this.bus.onReconnect(() => reconnects.inc());
    this.telemetry.gauge('bus_connected', 'Whether NATS is connected.', () => (this.bus.connected ? 1 : 0));
    this.telemetry.gauge(
      'write_queue_length',
      'Writes that wait for the one writer of the database.',
      () => this.queue.length,
    );
  }
}
