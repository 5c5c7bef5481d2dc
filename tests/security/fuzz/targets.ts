import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import type { z } from 'zod';
import fc, { type Arbitrary } from 'fast-check';
import { CLIENT_EVENTS } from '../../../apps/gateway/src/edge/docs/asyncapi.js';
import { OPERATIONS } from '../../../apps/gateway/src/edge/docs/operations.js';
import { frame } from './doors.js';
import { anyJson, awkwardText, near, type Known } from './payloads.js';

/** A call of the HTTP API. */
export interface HttpPayload {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly type: string;
}

const inPath: Arbitrary<string> = awkwardText.map((text) => encodeURIComponent(text.toWellFormed()));

/** Calls that would delete what other payloads need do not get ids in use. */
const DESTRUCTIVE = /^DELETE|logout/;

/** Generates calls of every operation, with bodies, paths and queries close to valid ones. */
export function httpPayloads(known: Known): Arbitrary<HttpPayload> {
  const calls = Object.entries(OPERATIONS).map(([operation, { body, query }]) => {
    const [method = '', pattern = ''] = operation.split(' ');
    const ids = DESTRUCTIVE.test(operation) ? fc.uuid() : fc.constantFrom(...known.ids);
    const id = fc.oneof({ weight: 5, arbitrary: ids }, { weight: 1, arbitrary: inPath });
    const path = fc
      .tuple(fc.array(id, { minLength: 2, maxLength: 2 }), query ? near(query, known) : fc.constant({}))
      .map(([parts, value]) => {
        let i = 0;
        const filled = pattern.replaceAll(/:\w+/g, () => parts[i++] ?? '');
        const search = query ? `?${queryOf(value)}` : '';
        return filled + search;
      });
    const text: Arbitrary<string | undefined> =
      method === 'GET'
        ? fc.constant(undefined)
        : fc.oneof(
            { weight: 6, arbitrary: body ? near(body, known).map(json) : anyJson.map(json) },
            { weight: 1, arbitrary: awkwardText },
          );
    const type = fc.oneof(
      { weight: 12, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'text/plain',
          'application/json; charset=utf-16',
          'multipart/form-data',
          'x',
        ),
      },
    );
    return fc.record({ method: fc.constant(method), path, body: text, type });
  });
  return fc.oneof(...calls);
}

const json = (value: unknown): string => JSON.stringify(value) ?? 'undefined';

function queryOf(fields: unknown): string {
  if (typeof fields !== 'object' || fields === null) return encodeURIComponent(json(fields).toWellFormed());
  return Object.entries(fields)
    .map(([name, value]) => [name, typeof value === 'string' ? value : json(value)])
    .map((pair) => pair.map((text) => encodeURIComponent((text ?? '').toWellFormed())).join('='))
    .join('&');
}

/** Generates bytes that are hardly HTTP. */
export const httpBytes: Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'TRACE', 'CONNECT', 'PRI', 'OPTIONS', ''),
      fc.constantFrom('/', '*', '/api/v1/chats', '//', '/%', '/socket.io/', 'http://x/', '/../x'),
      fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
      fc.array(
        fc.tuple(
          fc.constantFrom('Host', 'Content-Length', 'Transfer-Encoding', 'Cookie', 'Expect'),
          awkwardText,
        ),
        {
          maxLength: 4,
        },
      ),
      awkwardText,
    )
    .map(([method, path, version, headers, body]) =>
      Buffer.from(
        `${method} ${path} ${version}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
      ),
    ),
);

/** A Socket.IO event with its arguments. */
export interface EventPayload {
  readonly event: string;
  readonly args: readonly unknown[];
}

/** Reserved names, which Socket.IO's client refuses to send. */
const RESERVED = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Generates known and unknown events of clients, without binary data, which ends the connection. */
export function eventPayloads(known: Known): Arbitrary<EventPayload> {
  const events = Object.entries(CLIENT_EVENTS).map(([event, { payload }]) =>
    fc.record({
      event: fc.constant(event),
      args: fc.oneof(
        { weight: 6, arbitrary: fc.tuple(near(payload, known)) },
        {
          weight: 1,
          arbitrary: fc.array(anyJson, { maxLength: 3 }),
        },
      ),
    }),
  );
  const others = fc.record({
    event: awkwardText.filter((name) => !RESERVED.has(name)),
    args: fc.array(anyJson, { maxLength: 2 }),
  });
  return fc.oneof({ weight: 8, arbitrary: fc.oneof(...events) }, { weight: 1, arbitrary: others });
}

/** Generates Engine.IO packets as text: with wrong contents, wrong types, several in one, binary. */
export const enginePackets: Arbitrary<string> = fc
  .array(
    fc.oneof(
      anyJson.map((value) => `42${json(['message:send', value])}`),
      anyJson.map((value) => `42${json(value)}`),
      anyJson.map((value) => `451-${json(['typing', { _placeholder: true, num: 0 }, value])}`),
      fc
        .tuple(
          fc.constantFrom('0', '1', '2', '3', '4', '40', '41', '43', '44', '45', '46', '6', 'b', 'bAAAA'),
          awkwardText,
        )
        .map(([kind, rest]) => kind + rest),
      awkwardText,
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((packets) => packets.join('\u001e').slice(0, 60_000));

/** Generates WebSocket frames of every opcode, complete and in fragments, with and without Engine.IO packets. */
export const socketFrames: Arbitrary<Uint8Array[]> = fc.array(
  fc.oneof(
    enginePackets.map((text) => frame(1, Buffer.from(text).subarray(0, 65_000))),
    fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 200 }), fc.boolean())
      .map(([opcode, bytes, fin]) => frame(opcode, bytes, fin)),
    fc.uint8Array({ maxLength: 40 }),
  ),
  { minLength: 1, maxLength: 4 },
);

/** A request or event on the bus. */
export interface BusPayload {
  readonly subject: string;
  readonly body: Uint8Array;
  /** Whether a service answers it. */
  readonly answered: boolean;
}

/** Generates requests and events of every subject, close to valid ones. */
export function busPayloads(known: Known): Arbitrary<BusPayload> {
  const on = (subject: string, schema: z.ZodType, answered: boolean): Arbitrary<BusPayload> =>
    fc.record({
      subject: fc.constant(subject),
      answered: fc.constant(answered),
      body: fc.oneof(
        { weight: 6, arbitrary: near(schema, known).map((value) => Buffer.from(json(value))) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
      ),
    });
  return fc.oneof(
    ...Object.entries(SUBJECTS).map(([subject, { request }]) => on(subject, request, true)),
    ...Object.entries(EVENTS).map(([subject, { payload, confirmedBy }]) =>
      on(subject, payload, confirmedBy.length > 0),
    ),
  );
}
