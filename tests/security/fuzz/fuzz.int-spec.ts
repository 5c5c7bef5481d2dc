import { execFileSync } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { isErrorCode } from '@app/contracts/edge';
import { EdgeClient, Stack, type BareReply, type TestSocket } from '@app/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANSWER_MS, Polling, rawBytes, rawFrames } from './doors.js';
import type { Known } from './payloads.js';
import {
  busPayloads,
  enginePackets,
  eventPayloads,
  httpBytes,
  httpPayloads,
  socketFrames,
} from './targets.js';

const LONG = process.env['TEST_LONG'] === '1';
/** The long run uses a random seed and prints it. FUZZ_SEED repeats a run. */
const SEED = Number(process.env['FUZZ_SEED'] ?? (LONG ? randomInt(2 ** 31) : 20_261));
/** The part of the payloads that are sent. The long run sends all 20,000. */
const FRACTION = LONG ? 1 : 0.05;
const CONCURRENCY = 8;
const LIMIT_MS = LONG ? 3_600_000 : 240_000;
/** By how much a process may grow after the first test, in KiB. */
const GROWTH_KIB = 160 * 1024;

let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;
let stranger: EdgeClient;
let chatId: string;
let known: Known;
let bus: NatsConnection;
let pids: (number | undefined)[];
let memory: number[] = [];

const services = (): (typeof stack.services.auth)[] => Object.values(stack.services);
/** Returns the resident memory of each service, in KiB. */
const resident = (): number[] =>
  services().map(({ pid }) => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()));

beforeAll(async () => {
  console.log(`fuzz: FUZZ_SEED=${SEED} repeats this run`);
  stack = await Stack.start();
  [ann, bob, stranger] = [
    await EdgeClient.signedUp(stack.url),
    await EdgeClient.signedUp(stack.url),
    await EdgeClient.signedUp(stack.url),
  ];
  const { chat, key } = await ann.createChat('fuzzed');
  await bob.join(key);
  const message = await ann.send(chat.id, 'one');
  chatId = chat.id;
  // Without the ids of ann and bob: a generated event could delete their accounts.
  known = { ids: [chatId, chatId, message.id ?? '', stranger.id, randomUUID()], words: [key, 'a name', 'x'] };
  bus = await stack.nats.connect();
  pids = services().map(({ pid }) => pid);
}, LIMIT_MS);
afterAll(async () => {
  for (const client of [ann, bob, stranger]) client.close();
  await bus.close();
  await stack.stop();
});

/** Sends payloads, a few at the same time. Throws with the seed and the payload of a failure. */
async function tryAll<T>(
  payloads: Arbitrary<T>,
  count: number,
  attempt: (payload: T) => Promise<void>,
): Promise<void> {
  const samples = fc.sample(payloads, { seed: SEED, numRuns: Math.ceil(count * FRACTION) });
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < samples.length; i = next++) {
      const payload = samples[i] as T;
      try {
        await attempt(payload);
      } catch (error) {
        const shown = JSON.stringify(payload).slice(0, 600);
        throw new Error(`FUZZ_SEED=${SEED}, payload ${i}: ${shown}`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** Repeats a call that is temporarily refused, as a client would, at most 20 times. */
async function retried<T>(call: () => Promise<T>, isTemporary: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await call();
    if (tries === 20 || !isTemporary(answer)) return answer;
    await new Promise((done) => setTimeout(done, 250));
  }
}

describe('fuzzed payloads', () => {
  it(
    'over HTTP are each answered, never with 5xx',
    async () => {
      await tryAll(httpPayloads(known), 7_000, async ({ method, path, body, type }) => {
        // Calls that may end a session use another user's.
        const client = /logout|account|password/.test(path) ? stranger : ann;
        const browser = new EdgeClient(stack.url);
        for (const [name, value] of client.cookies) browser.cookies.set(name, value);
        const answer = await retried(
          () => browser.request(method, path, body, { 'content-type': type }),
          ({ status }) => status === 503,
        );

        expect(answer.status).toBeLessThan(500);
        // Node answers headers over its limit with 431 itself.
        expect(answer.status < 400 || answer.status === 431 || isErrorCode(answer.body['code'])).toBe(true);
      });
      memory = resident();
    },
    LIMIT_MS,
  );

  it(
    'as raw bytes are answered or end the connection, never with 5xx',
    async () => {
      await tryAll(httpBytes, 2_000, async (bytes) => {
        expect(await rawBytes(stack.port, bytes)).not.toMatch(/^HTTP\/1\.1 5/);
      });
    },
    LIMIT_MS,
  );

  it(
    'over Socket.IO are each acknowledged',
    async () => {
      const sockets: TestSocket[] = [
        await ann.connect(),
        await bob.connect(),
        await ann.connect({ transports: ['polling'] }),
      ];
      let count = 0;
      await tryAll(eventPayloads(known), 5_000, async ({ event, args }) => {
        const { socket } = sockets[count++ % sockets.length] as TestSocket;
        const untyped = socket as unknown as {
          timeout(ms: number): { emitWithAck(...a: unknown[]): Promise<unknown> };
        };
        const ack = (await untyped.timeout(ANSWER_MS).emitWithAck(event, ...args)) as {
          ok: boolean;
          error?: { code: string };
        };

        expect(ack.ok || isErrorCode(ack.error?.code)).toBe(true);
        expect(['INTERNAL', 'SERVICE_UNAVAILABLE']).not.toContain(ack.error?.code);
      });
      for (const { socket } of sockets) expect(socket.connected).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'as Engine.IO packets by long polling are answered, never with 5xx',
    async () => {
      await tryAll(enginePackets, 1_500, async (packets) => {
        const polling = await Polling.open(stack.url, bob.cookie);
        expect(await polling.post(packets)).toBeLessThan(500);
        await polling.post('1');
      });
    },
    LIMIT_MS,
  );

  it(
    'as WebSocket frames end their own connection at most',
    async () => {
      await tryAll(socketFrames, 1_500, (frames) => rawFrames(stack.port, ann.cookie, frames));
    },
    LIMIT_MS,
  );

  it(
    'over NATS are each answered with data or an error',
    async () => {
      await tryAll(busPayloads(known), 3_000, async ({ subject, body, answered }) => {
        if (!answered) {
          bus.publish(subject, body);
          return;
        }
        const reply = await retried(
          async () => (await bus.request(subject, body, { timeout: ANSWER_MS })).json<BareReply>(),
          ({ error }) => error?.code === 'SERVICE_UNAVAILABLE',
        );

        expect(reply.error === undefined).toBe(reply.data !== undefined);
        expect(['INTERNAL', 'SERVICE_UNAVAILABLE']).not.toContain(reply.error?.code);
      });
    },
    LIMIT_MS,
  );
});

describe('after all fuzzed payloads', () => {
  it('every service still runs, has logged no bug and has not grown', () => {
    const grown = resident().map((kib, i) => kib - (memory[i] ?? 0));
    console.log(`fuzz: auth, chat and gateway grew by ${grown.join(', ')} KiB after the first test`);

    expect(services().map(({ pid }) => pid)).toEqual(pids);
    expect(stack.log.match(/^.*(unexpected error|[Uu]nhandled).*$/m)?.[0]).toBeUndefined();
    for (const kib of grown) expect(kib).toBeLessThan(GROWTH_KIB);
  });

  it('two users can still chat', async () => {
    const socket = await bob.connect();
    const text = `still here ${randomUUID()}`;

    const sent = await ann.send(chatId, text);
    const page = await bob.page(chatId);

    expect(page.messages.at(-1)).toMatchObject({ id: sent.id, text });
    expect(socket.socket.connected).toBe(true);
  });
});
