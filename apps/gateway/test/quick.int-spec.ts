import { join } from 'node:path';
import { eventually, freePort, NatsServerUnderTest, ServiceProcess, temporaryFolder } from '@app/testing';
import { expect, it } from 'vitest';
import { nodeFlags } from '../../../tools/node-flags.mjs';

/** Calls at a time: code is optimized when it has run a few thousand times. */
const CALLS = 500;

it('starts without optimizing its code, and optimizes it afterwards', async () => {
  const nats = await NatsServerUnderTest.start();
  const folder = temporaryFolder();
  const port = await freePort();
  const gateway = new ServiceProcess('gateway', {
    DATA_DIR: join(folder.path, 'data'),
    NATS_URL: nats.url,
    PORT: String(port),
  });
  const call = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/health/live`)).status;
  const optimized = (): boolean => gateway.log.includes('[completed optimizing');

  try {
    const flags = [...nodeFlags('gateway'), '--trace-opt'].join(' ');
    gateway.start(['sh', '-c', `node=$1; shift; exec "$node" ${flags} "$@"`, 'sh']);
    await eventually(async () => (await call()) === 200, 'the gateway lives');
    const optimizedAtStart = optimized();
    await eventually(async () => {
      for (let i = 0; i < CALLS; i++) await call();
      return optimized();
    }, 'code is optimized');

    expect(optimizedAtStart).toBe(false);
  } finally {
    await gateway.end('SIGTERM');
    await nats.kill();
    folder.remove();
  }
});
