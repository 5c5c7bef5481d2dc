import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import {
  EdgeClient,
  eventually,
  freePortsInARow,
  SERVICES,
  ServiceProcess,
  Stack,
  temporaryFolder,
} from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The offset of each service's port from METRICS_PORT. */
const PORT_OFFSET = { gateway: 0, auth: 1, chat: 2 } as const;
type Service = keyof typeof PORT_OFFSET;

let port: number;
let stack: Stack;

beforeAll(async () => {
  port = await freePortsInARow(3);
  stack = await Stack.start({ METRICS_PORT: String(port), LOG_LEVEL: 'trace' });
}, 120_000);
afterAll(() => stack.stop());

async function metrics(service: Service): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port + PORT_OFFSET[service]}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return answer.text();
}

/** Returns the value of a metric with the service's label and at most one further label. */
async function value(service: Service, name: string, label = ''): Promise<number> {
  const text = await metrics(service);
  const labels = label === '' ? `service="${service}"` : `${label},service="${service}"`;
  const line = text.split('\n').find((one) => one.startsWith(`${name}{${labels}} `));
  if (line === undefined) throw new Error(`${service} has no ${name}{${labels}}`);
  return Number(line.split(' ').at(-1));
}

describe('the metrics', () => {
  it('count messages, commits, acknowledgements and sockets in the gateway', async () => {
    const stored = (): Promise<number> =>
      value('gateway', 'secure_chat_messages_total', 'result="stored"').catch(() => 0);
    const before = await stored();
    const ann = await EdgeClient.signedUp(stack.url);
    const { chat } = await ann.createChat();
    const socket = await ann.connect();
    const clientMessageId = randomUUID();

    await ann.send(chat.id, 'by HTTP', clientMessageId);
    await ann.send(chat.id, 'by HTTP', clientMessageId);
    await socket.ask('message:send', { chatId: chat.id, clientMessageId: randomUUID(), text: 'by socket' });

    expect((await stored()) - before).toBe(2);
    expect(await value('gateway', 'secure_chat_messages_total', 'result="repeated"')).toBe(1);
    expect(await value('gateway', 'secure_chat_acknowledgement_seconds_count')).toBe(before + 3);
    expect(await value('gateway', 'secure_chat_commit_messages_sum')).toBe(before + 3);
    expect(await value('gateway', 'secure_chat_sockets')).toBe(1);
    expect(await value('gateway', 'secure_chat_http_answers_total', 'status="2xx"')).toBeGreaterThan(3);
    ann.close();
    await eventually(
      async () => (await value('gateway', 'secure_chat_sockets')) === 0,
      'the socket is no longer counted',
    );
  });

  it.each(['auth', 'chat', 'gateway'] as const)(
    'cover the bus, the write queue, erasures and the event loop of %s',
    async (service) => {
      expect(await value(service, 'secure_chat_bus_connected')).toBe(1);
      expect(await value(service, 'secure_chat_write_queue_length')).toBe(0);
      expect(await value(service, 'secure_chat_erasures_pending')).toBe(0);
      expect(await value(service, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
      const own = { auth: 'passwords_waiting', chat: 'outbox_pending', gateway: 'messages_waiting' }[service];
      expect(await value(service, `secure_chat_${own}`)).toBe(0);
    },
  );

  it('show that NATS is down, and the number of reconnects', async () => {
    await stack.nats.kill();
    await eventually(
      async () => (await value('gateway', 'secure_chat_bus_connected')) === 0,
      'the bus is disconnected',
    );
    await stack.nats.up();
    await stack.ready();

    expect(await value('gateway', 'secure_chat_bus_connected')).toBe(1);
    expect(await value('gateway', 'secure_chat_bus_reconnects_total')).toBeGreaterThan(0);
  });

  it('are served at their own port only, with nothing else', async () => {
    expect((await fetch(`${stack.url}/metrics`)).headers.get('content-type')).not.toMatch(/version=0\.0\.4/);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(404);
  });
});

describe('the request id', () => {
  it('is the same in the answer and in the logs of every service involved', async () => {
    const ann = await EdgeClient.signedUp(stack.url);
    const answer = await ann.call('POST', '/chats', {});
    const id = answer.headers.get('x-request-id') ?? '';

    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const lineOf = (service: Service): string | undefined =>
      stack.services[service].log.split('\n').find((line) => line.includes(id));
    await eventually(() => lineOf('chat')?.includes('"subject":"chat.create"'), 'chat has logged it');
    await eventually(() => lineOf('gateway'), 'the gateway has logged it');
  });

  it('is never taken from the client', async () => {
    const id = 'x"\n{"level":60}';
    const answer = await fetch(`${stack.url}/health/live`, { headers: { 'x-request-id': 'invented' } });

    expect(answer.headers.get('x-request-id')).not.toBe('invented');
    expect(stack.log).not.toContain(id);
  });
});

describe('texts, names, passwords, tokens and keys', () => {
  it('are in no metric and in no log line, even at the level trace', async () => {
    const canary = (kind: string): string => `${kind}-${randomUUID().slice(0, 13)}`;
    const names = { ann: canary('ann'), bob: canary('bob'), chat: canary('chat'), renamed: canary('again') };
    const texts = { http: canary('http'), socket: canary('socket'), broken: canary('broken') };
    const password = canary('password');
    const ann = await EdgeClient.signedUp(stack.url, names.ann);
    const bob = await EdgeClient.signedUp(stack.url, names.bob);
    const { chat, key } = await ann.createChat(names.chat);
    await bob.join(key);
    await ann.call('PATCH', `/chats/${chat.id}`, { name: names.renamed });
    await ann.call('GET', `/chats/${chat.id}/key`);
    await ann.send(chat.id, texts.http);
    const socket = await bob.connect();
    await socket.ask('message:send', { chatId: chat.id, clientMessageId: randomUUID(), text: texts.socket });
    await socket.ask(texts.broken, { text: texts.broken });
    await ann.call('POST', '/auth/login', { username: names.ann, password });
    await ann.call('PUT', '/auth/password', { currentPassword: EdgeClient.password, newPassword: password });
    await ann.call('POST', `/chats/${chat.id}/messages`, `{"text":"${texts.broken}`);
    await ann.call('GET', `/chats/${texts.broken}?name=${texts.broken}`);
    await ann.call('DELETE', `/chats/${chat.id}`);
    const tokens = [...ann.cookies.values(), ...bob.cookies.values()];
    bob.close();

    const published = [stack.log, ...(await Promise.all(SERVICES.map(metrics)))].join('\n');
    // Proves that the search covers the logs.
    expect(published).toContain('"subject":"chat.delete"');
    const canaries = [...Object.values(names), ...Object.values(texts), ...tokens, password, key];
    expect(canaries.filter((one) => published.includes(one))).toEqual([]);
  });
});

describe('a METRICS_PORT that is in use', () => {
  it('ends the start with one line that names the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const folder = temporaryFolder();
    const gateway = new ServiceProcess('gateway', {
      DATA_DIR: folder.path,
      NATS_URL: stack.nats.url,
      METRICS_PORT: String((other.address() as AddressInfo).port),
    });

    gateway.start();
    const code = await gateway.exited();
    other.close();
    folder.remove();

    expect(code).toBe(78);
    expect(gateway.log.trim().split('\n')).toEqual([
      expect.stringMatching(/^secure-chat: METRICS_PORT \d+ .*EADDRINUSE/) as string,
    ]);
  });
});
