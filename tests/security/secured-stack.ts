import { join } from 'node:path';
import { eventually, freePort, ServiceProcess } from '@app/testing';
import { readSettings } from '@app/platform';
import type { INestApplication } from '@nestjs/common';
import { GATEWAY_SETTINGS, withDefaultOrigin } from '../../apps/gateway/src/settings/config.js';
import { startGateway } from '../../apps/gateway/src/start.js';
import { SecuredBus } from './bus-trials.js';

/**
 * The product with the NATS configuration of an installation. auth and chat run in their own processes, the gateway in this
 * one, so that tests can read its router and events.
 */
export class SecuredStack {
  private constructor(
    readonly bus: SecuredBus,
    readonly app: INestApplication,
    readonly url: string,
    private readonly processes: readonly ServiceProcess[],
  ) {}

  /** Starts everything and waits until it is ready. */
  static async start(): Promise<SecuredStack> {
    const bus = await SecuredBus.start();
    const port = await freePort();
    const env = (service: 'auth' | 'chat' | 'gateway'): Record<string, string> => ({
      DATA_DIR: join(bus.folder, 'data'),
      NATS_URL: bus.nats.url,
      NATS_CREDS_FILE: bus.seeds[service],
      PORT: String(port),
      HOST: '127.0.0.1',
      LOG_LEVEL: service === 'gateway' ? 'silent' : 'warn',
      MESSAGE_RATE_LIMIT: '0',
      AUTH_RATE_LIMIT: '0',
      API_RATE_LIMIT: '0',
    });
    const processes = (['auth', 'chat'] as const).map((name) => new ServiceProcess(name, env(name)));
    for (const service of processes) service.start();
    const settings = withDefaultOrigin(readSettings(GATEWAY_SETTINGS, env('gateway')));
    const { app } = await startGateway(settings);
    const url = `http://127.0.0.1:${port}`;
    await eventually(
      async () => (await fetch(`${url}/health/ready`)).status === 200,
      'the product is ready',
      60_000,
    );
    return new SecuredStack(bus, app, url, processes);
  }

  /** Ends everything and removes its data. */
  async stop(): Promise<void> {
    await this.app.close();
    await Promise.all(this.processes.map((service) => service.end('SIGKILL')));
    await this.bus.stop();
  }
}
