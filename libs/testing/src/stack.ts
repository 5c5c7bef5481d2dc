import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { NatsServerUnderTest } from './nats-server.js';
import { ServiceProcess } from './service-process.js';
import { temporaryFolder } from './temporary-folder.js';

/** Three processes start at once, on a machine that may be busy with much else. */
const READY_LIMIT_MS = 120_000;

/** The three services. */
export const SERVICES = ['auth', 'chat', 'gateway'] as const;

/** The name of a service. */
export type ServiceName = (typeof SERVICES)[number];

/** The whole product as processes of their own on free ports, with a data folder that goes with it. */
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
   * Starts everything and waits until it is ready. `npx nest build --all` must have run.
   * @param settings environment variables of the services; without limits unless told
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
      // Nobody gets the stack, so nobody else ends it.
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** The address of the edge. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The origin that browsers would send. */
  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** All that the services have logged. */
  get log(): string {
    return SERVICES.map((name) => this.services[name].log).join('\n');
  }

  /** Waits until the product is ready to be used. */
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
   * Waits until every service says that it works, and the product is ready. Readiness alone may be told by what has
   * taken the port before, and for a second as it was before a service died.
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

  /** Ends a service as a power cut would. */
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
