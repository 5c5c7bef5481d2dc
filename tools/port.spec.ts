import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { BLOCKED_PORTS as blockedByGateway } from '../apps/gateway/src/settings/blocked-ports.js';
import { BLOCKED_PORTS, freePort, portProblem } from './port.mjs';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function aListener(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a free port is no problem', async () => {
  expect(await portProblem(await freePort(), 'localhost')).toBeUndefined();
});

test('a busy port is one line with who holds it and what to type instead', async () => {
  const port = await aListener('127.0.0.1');

  const line = await portProblem(port, 'localhost', 'linux');

  expect(line).toMatch(
    new RegExp(`^PORT ${port} is in use by .+ \\(process ${process.pid}\\): try PORT=${port + 1} npm start$`),
  );
});

test('a port that is taken on the other loopback address only is busy for localhost', async () => {
  const port = await aListener('::1');

  expect(await portProblem(port, 'localhost')).toContain(`PORT ${port} is in use`);
  expect(await portProblem(port, '127.0.0.1')).toBeUndefined();
});

test('a port that browsers refuse is one line, and the list of those ports is that of the Fetch Standard', async () => {
  expect(await portProblem(6000, 'localhost')).toBe(
    'PORT is 6000, which browsers refuse: take another, such as 5000',
  );
  expect(BLOCKED_PORTS).toEqual(blockedByGateway);
  // Node's own fetch refuses them before it opens anything.
  for (const port of BLOCKED_PORTS)
    await expect(fetch(`http://127.0.0.1:${port}`), String(port)).rejects.toMatchObject({
      cause: { message: 'bad port' },
    });
});
