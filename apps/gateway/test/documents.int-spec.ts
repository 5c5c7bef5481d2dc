import { randomUUID } from 'node:crypto';
import { bareRequest, EdgeClient, eventually, Stack } from '@app/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiDocument, type DocumentedCall, type DocumentedClient } from './api-document.js';
import { AsyncDocument, BusSpy } from './async-document.js';
import { filled, Walk } from './documented-walk.js';

/** The number of generated calls. */
const RUNS = process.env['TEST_LONG'] === '1' ? 3_000 : 120;

/**
 * The documented codes that do not occur here: INTERNAL is a bug, settings.int-spec.ts tests REGISTRATION_CLOSED, the
 * chat service's members.int-spec.ts LIMIT_REACHED, and message-store-contract.ts EDIT_TOO_LATE.
 */
const ELSEWHERE = / (INTERNAL|REGISTRATION_CLOSED|LIMIT_REACHED|EDIT_TOO_LATE)$/;

let stack: Stack;
let document: ApiDocument;
let events: AsyncDocument;
let walk: Walk;
let bus: NatsConnection;
let spy: BusSpy;
let makeUnavailable: () => Promise<void>;

beforeAll(async () => {
  stack = await Stack.start({
    AUTH_RATE_LIMIT: '5',
    API_RATE_LIMIT: '100',
    MESSAGE_RATE_LIMIT: '1',
    TRUST_PROXY: 'on',
  });
  document = await ApiDocument.of(stack.url);
  events = await AsyncDocument.of(stack.url);
  bus = await stack.nats.connect();
  spy = new BusSpy(bus);
  walk = new Walk(stack.url, document);
});
afterAll(async () => {
  walk.close();
  await bus.close();
  await stack.stop();
});

describe('the API documents', () => {
  it('describe the answers of a conversation, and every error of each call', async () => {
    await walk.conversation();
    for (const { method, path, call } of document.calls) await walk.refused(method, path, call);
    await walk.limited();
    await walk.operator(bus);

    expect(walk.problems).toEqual([]);
  }, 180_000);

  it('describe the answers to generated calls', async () => {
    const ann = await walk.someone();
    const nobody = walk.nobody();
    const ids = [
      (await ann.createChat()).chat.id,
      '00000000-0000-0000-0000-000000000000',
      'NO',
      '%ZZ',
      '%F0%9F%98%80',
    ];

    await fc.assert(
      fc.asyncProperty(anyCall(document, ids), fc.integer({ min: 0, max: 9 }), async (call, who) => {
        const client: DocumentedClient = who === 0 ? nobody : ann;
        const { status } = await client.request(call.method, call.path, call.body, call.headers);

        expect(status).not.toBe(500);
        expect(client.problems).toEqual([]);
        // The generated call may have been a log-out.
        if (ann.token === undefined)
          await ann.call('POST', '/auth/login', {
            username: ann.user?.username,
            password: EdgeClient.password,
          });
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('describe every socket event and acknowledgement, and each event occurs', () => {
    expect(walk.received.flatMap(([name, payload]) => events.problems(`${name}:sent`, payload))).toEqual([]);
    expect(walk.acknowledged.flatMap(([name, ack]) => events.replyProblems(name, ack))).toEqual([]);
    const missing = events.sent.filter((event) => !walk.received.some(([name]) => name === event));
    expect(missing).toEqual([]);
  });

  it('describe every request, reply and event of the bus, and each occurs', async () => {
    // Requests that the gateway makes only after a restart or for a health check.
    await bareRequest(bus, 'auth.users.get', { ids: [] });
    // Requests that are made long after a start: the check of open sessions, and the removal of deleted users.
    await bareRequest(bus, 'auth.session.check', { sessionIds: [] });
    await bareRequest(bus, 'chat.members.list', {});
    await bareRequest(bus, 'chat.members.remove', { userId: randomUUID() });
    for (const subject of ['health.auth', 'health.chat']) await bareRequest(bus, subject, {});
    expect((await new EdgeClient(stack.url).request('GET', '/health/ready')).status).toBe(200);

    await eventually(
      () => events.subjects.every((subject) => spy.subjects.has(subject)),
      'each subject occurs',
    ).catch(() => undefined);
    expect(events.subjects.filter((subject) => !spy.subjects.has(subject))).toEqual([]);
    expect(spy.problems(events)).toEqual([]);
  });

  it('describe SERVICE_UNAVAILABLE for each call, and each call is while NATS is down', async () => {
    makeUnavailable = await walk.unavailable();
    await stack.nats.kill();

    await makeUnavailable();

    expect(walk.problems).toEqual([]);
    expect(
      document.documented.filter((name) => !document.occurred.has(name) && !ELSEWHERE.test(name)),
    ).toEqual([]);
  });
});

interface AnyCall {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Record<string, string>;
}

/** Generates a call of the document with any id, body and headers. */
function anyCall(api: ApiDocument, ids: readonly string[]): fc.Arbitrary<AnyCall> {
  const headers = fc.oneof(
    { weight: 8, arbitrary: fc.constant({}) },
    fc.constantFrom({ 'content-type': 'text/plain' }, { 'content-type': 'application/json; charset=utf-16' }),
    fc.constant({ origin: 'https://evil.example' }),
  );
  return fc.constantFrom(...api.calls).chain(({ method, path, call }) =>
    fc.record({
      method: fc.constant(method),
      path: fc.tuple(fc.constantFrom(...ids), anyQuery(call)).map(([id, query]) => filled(path, id) + query),
      body: method === 'GET' ? fc.constant(undefined) : anyBody(call),
      headers,
    }),
  );
}

function anyQuery(call: DocumentedCall): fc.Arbitrary<string> {
  const names =
    call.parameters?.filter((parameter) => parameter.in === 'query').map(({ name }) => name) ?? [];
  if (names.length === 0) return fc.constant('');
  const value = fc.oneof(
    fc.integer({ min: -1, max: 300 }).map(String),
    fc.maxSafeNat().map(String),
    fc.string(),
  );
  return fc
    .array(fc.tuple(fc.constantFrom(...names, 'unknown'), value), { maxLength: 3 })
    .map((pairs) => `?${new URLSearchParams(pairs).toString()}`);
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('', ' ', 'a'.repeat(4_001), '\ud800', EdgeClient.password),
  fc.uuid(),
);

/** Generates no body, one with documented and further properties, or any value. */
function anyBody(call: DocumentedCall): fc.Arbitrary<unknown> {
  const schema = call.requestBody?.content['application/json'].schema as { properties?: object } | undefined;
  const names = Object.keys(schema?.properties ?? {});
  const property = fc.oneof(anyText, fc.jsonValue({ maxDepth: 1 }));
  const described = fc.dictionary(fc.constantFrom(...names, 'unknown', '__proto__'), property, {
    noNullPrototype: true,
  });
  return fc.oneof(
    { weight: 6, arbitrary: described },
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.string({ maxLength: 20 }),
    fc.constant(undefined),
  );
}
