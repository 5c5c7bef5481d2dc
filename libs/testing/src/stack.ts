import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { NatsServerUnderTest } from './nats-server.js';
import { ServiceProcess } from './service-process.js';
import { temporaryFolder } from './temporary-folder.js';

/** How long the start of all services may take on a busy machine, in milliseconds. */
const READY_LIMIT_MS = 120_000;

/** The three services. */
export const SERVICES = ['auth', 'chat', 'gateway'] as const;

/** The name of a service. */
export type ServiceName = (typeof SERVICES)[number];

/** The whole product: NATS and the services in processes of their own, on free ports, with a temporary data folder. */
export class Stack {
  readonly services: Readonly<Record<ServiceName, ServiceProcess>>;

  private constructor(
    readonly nats: NatsServerUnderTest,
    readonly port: number,
    readonly dataDir: string,
    private readonly removeData: () => void,
    settings: Readonly<Record<string, string>>,
  ) {
    const env = { DATA_DIR: dataDir, NATS_URL: nats.url, PORT: String(port), HOST: '127.0.0.1', ...settings };
    this.services = {
      auth: new ServiceProcess('auth', env),
      chat: new ServiceProcess('chat', env),
      gateway: new ServiceProcess('gateway', env),
    };
  }

  /**
   * Starts everything and waits until it is ready. `npm run build` must have run.
   * @param settings environment variables of the services; without rate limits by default
   */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<Stack> {
    const folder = temporaryFolder();
    const stack = new Stack(
      await NatsServerUnderTest.start(),
      await freePort(),
      join(folder.path, 'data'),
      folder.remove,
      {
        MESSAGE_RATE_LIMIT: '0',
        AUTH_RATE_LIMIT: '0',
        API_RATE_LIMIT: '0',
        ...settings,
      },
    );
    for (const name of SERVICES) stack.services[name].start();
    try {
      await stack.started();
    } catch (error) {
      // The caller gets no stack that it could stop.
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** The address of the edge. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The origin that browsers send. */
  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** All that the services have logged. */
  get log(): string {
    return SERVICES.map((name) => this.services[name].log).join('\n');
  }

  /** Waits until the product is ready. */
  async ready(): Promise<void> {
    await eventually(
      async () =>
        (await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).status === 200,
      'the product is ready',
      READY_LIMIT_MS,
    ).catch((error: unknown) => {
      throw new Error(`the product did not become ready; its log: ${this.log.slice(-2_000)}`, {
        cause: error,
      });
    });
  }

  /**
   * Waits until every service has logged its start, and the product is ready. Readiness alone is not enough: another
   * process could answer at the port, and the gateway caches readiness for a second.
   */
  private async started(): Promise<void> {
    await eventually(
      () => SERVICES.every((name) => this.services[name].started || !this.services[name].running),
      'the services have started',
      READY_LIMIT_MS,
    );
    await this.ready();
    const gone = SERVICES.filter((name) => !this.services[name].started);
    if (gone.length > 0) throw new Error(`${gone.join(', ')} ended; the log: ${this.log.slice(-2_000)}`);
  }

  /** Ends a service with SIGKILL. */
  kill(name: ServiceName): Promise<void> {
    return this.services[name].end('SIGKILL');
  }

  /** Starts a service again and waits until the product is ready. */
  async restart(name: ServiceName): Promise<void> {
    this.services[name].start();
    await this.started();
  }

  /** Ends everything and removes its data. */
  async stop(): Promise<void> {
    await Promise.all(SERVICES.map((name) => this.services[name].end('SIGKILL')));
    await this.nats.kill();
    this.removeData();
  }
}
