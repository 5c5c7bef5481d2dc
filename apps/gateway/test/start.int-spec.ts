import { join } from 'node:path';
import { eventually, freePort, NatsServerUnderTest, ServiceProcess, temporaryFolder } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeFlags } from '../../../tools/node-flags.mjs';

const MEBIBYTE = 1_048_576;

/** The calls of a batch: V8 optimizes code that has run a few thousand times. */
const CALLS = 500;

const folder = temporaryFolder();
let nats: NatsServerUnderTest;
let gateway: ServiceProcess;
let port: number;
let metricsPort: number;

const call = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/health/live`)).status;

beforeAll(async () => {
  nats = await NatsServerUnderTest.start();
  [port, metricsPort] = [await freePort(), await freePort()];
  gateway = new ServiceProcess('gateway', {
    DATA_DIR: join(folder.path, 'data'),
    NATS_URL: nats.url,
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
  });
  const flags = [...nodeFlags('gateway'), '--trace-opt'].join(' ');
  gateway.start(['sh', '-c', `node=$1; shift; exec "$node" ${flags} "$@"`, 'sh']);
  await eventually(async () => (await call()) === 200, '/health/live is 200');
});
afterAll(async () => {
  await gateway.end('SIGTERM');
  await nats.kill();
  folder.remove();
});

it('shrinks V8’s young generation after its start', async () => {
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const size = /^nodejs_heap_space_size_total_bytes\{space="new"[^}]*\} (\d+)/m.exec(metrics)?.[1];
    return Number(size) < 8 * MEBIBYTE;
  }, 'the young generation is small');
});

it('starts optimizing code after its start', async () => {
  const optimized = '[completed optimizing';

  await eventually(async () => {
    for (let i = 0; i < CALLS; i++) await call();
    return gateway.log.includes(optimized);
  }, 'code is optimized');

  const [logAtStart] = gateway.log.split('"msg":"started"', 1);
  expect(logAtStart).not.toContain(optimized);
});
