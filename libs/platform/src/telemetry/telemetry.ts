import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { SettingError } from '../config/settings.js';
import { errorCode } from '../config/system-files.js';

/** Counts events. */
export interface Counter {
  /** @param label the value of the counter's one label, one of a few known words, never a user, a chat or a name */
  inc(label?: string): void;
}

/** Sorts measured values into buckets. */
export interface Histogram {
  observe(value: number): void;
}

const NOTHING = { inc: (): void => undefined, observe: (): void => undefined };

/** Where the metrics of a service are served. */
export interface MetricsAddress {
  readonly host: string;
  /** 0 turns metrics off. */
  readonly port: number;
}

/** The services of one machine share the setting METRICS_PORT: each adds its index here to it. */
const PLACES: readonly string[] = ['gateway', 'auth', 'chat'];

type Prometheus = typeof import('prom-client');

/**
 * A service's metrics in Prometheus' text format, at a port of their own that no user reaches. Without a port counters do
 * nothing, and the library is not loaded.
 */
@Injectable()
export class Telemetry implements OnApplicationShutdown {
  private constructor(
    private readonly parts: { library: Prometheus; registry: Registry; server: Server } | undefined,
  ) {}

  /**
   * Serves `GET /metrics`.
   * @param service whose metrics they are: gateway takes the port itself, auth the next, chat the one after
   * @throws {SettingError} naming METRICS_PORT, when it cannot be bound
   */
  static async start(service: string, { host, port }: MetricsAddress): Promise<Telemetry> {
    if (port === 0) return new Telemetry(undefined);
    const library = (await import('prom-client')).default;
    const registry = new library.Registry();
    registry.setDefaultLabels({ service });
    library.collectDefaultMetrics({ register: registry });
    const server = await serve(registry, host, port + Math.max(0, PLACES.indexOf(service)));
    return new Telemetry({ library, registry, server });
  }

  /**
   * Creates a counter.
   * @param name without the product's prefix, ending in `_total`
   * @param label the name of its one label, if it has one
   */
  counter(name: string, help: string, label?: string): Counter {
    if (!this.parts) return NOTHING;
    const { library, registry } = this.parts;
    const options = { name: `secure_chat_${name}`, help, registers: [registry] };
    if (label === undefined) {
      const counter = new library.Counter(options);
      return { inc: () => counter.inc() };
    }
    const counter = new library.Counter({ ...options, labelNames: [label] });
    return { inc: (value = '') => counter.inc({ [label]: value }) };
  }

  /** Creates a histogram. @param buckets upper bounds, ascending */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    if (!this.parts) return NOTHING;
    const { library, registry } = this.parts;
    return new library.Histogram({
      name: `secure_chat_${name}`,
      help,
      buckets: [...buckets],
      registers: [registry],
    });
  }

  /**
   * Creates a gauge, whose value is read at each scrape.
   * @param read returns the value; when it throws, the gauge is left out
   */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    if (!this.parts) return;
    const { library, registry } = this.parts;
    const gauge = new library.Gauge({
      name: `secure_chat_${name}`,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(await read());
        } catch {
          this.remove();
        }
      },
    });
    gauge.remove();
  }

  /** Closes the port. */
  onApplicationShutdown(): void {
    this.parts?.server.close();
    this.parts?.server.closeAllConnections();
  }
}

async function serve(registry: Registry, host: string, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.setHeader('Content-Type', registry.contentType).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new SettingError(`METRICS_PORT ${port} or METRICS_HOST cannot be bound (${errorCode(error)})`);
  }
  return server;
}
