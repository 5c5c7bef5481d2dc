import { EdgeClient, freePort, NatsServerUnderTest, temporaryFolder } from '@app/testing';
import { readSettings } from '@app/platform';
import type { INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_EVENTS } from '../src/edge/docs/asyncapi.js';
import { OPERATIONS } from '../src/edge/docs/operations.js';
import { GATEWAY_SETTINGS, withDefaultOrigin } from '../src/settings/config.js';
import { RealtimeGateway } from '../src/edge/sockets/realtime.gateway.js';
import { startGateway } from '../src/start.js';

let nats: NatsServerUnderTest;
let folder: ReturnType<typeof temporaryFolder>;
let app: INestApplication;
let url: string;

beforeAll(async () => {
  nats = await NatsServerUnderTest.start();
  folder = temporaryFolder();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const env = {
    DATA_DIR: folder.path,
    NATS_URL: nats.url,
    PORT: String(port),
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
  };
  ({ app } = await startGateway(withDefaultOrigin(readSettings(GATEWAY_SETTINGS, env))));
});
afterAll(async () => {
  await app.close();
  await nats.stop();
  folder.remove();
});

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
}

/** Returns every route of the running router, as `METHOD /path`. */
function routes(): string[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: readonly Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
  );
}

const OPEN_PAGES = [
  'GET /health/live',
  'GET /health/ready',
  'GET /api/openapi.json',
  'GET /api/asyncapi.json',
  'GET /api/docs',
];

describe('the router', () => {
  it('has exactly the documented calls', () => {
    expect(routes().toSorted()).toEqual([...Object.keys(OPERATIONS), ...OPEN_PAGES].toSorted());
  });

  it.each(Object.entries(OPERATIONS).filter(([, { open }]) => !open))(
    '%s is UNAUTHENTICATED without a session, before any other check',
    async (operation) => {
      const [method = '', path = ''] = operation.split(' ');

      const answer = await new EdgeClient(url).request(method, path.replaceAll(/:\w+/g, 'not-even-an-id'));

      expect(answer).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    },
  );

  it.each(Object.keys(OPERATIONS).filter((operation) => !operation.startsWith('GET')))(
    '%s is ORIGIN_REFUSED from another origin',
    async (operation) => {
      const [method = '', path = ''] = operation.split(' ');

      const answer = await new EdgeClient(url).request(method, path, undefined, {
        origin: 'https://evil.example',
      });

      expect(answer).toMatchObject({ status: 403, body: { code: 'ORIGIN_REFUSED' } });
    },
  );
});

describe('the Socket.IO edge', () => {
  it('handles exactly the documented events', () => {
    expect(app.get(RealtimeGateway).eventNames.toSorted()).toEqual(Object.keys(CLIENT_EVENTS).toSorted());
  });
});

describe('the API documents', () => {
  it('are served with their media types', async () => {
    const client = new EdgeClient(url);
    expect((await client.request('GET', '/api/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
    expect((await client.request('GET', '/api/asyncapi.json')).body).toMatchObject({ asyncapi: '3.0.0' });
    expect((await client.request('GET', '/api/docs')).headers.get('content-type')).toContain('text/html');
  });
});
