import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, Stack, temporaryFolder } from '@app/testing';
import { ApiError } from '@app/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check, NO_FAULTS } from './checker.js';
import { CrookedWay } from './crooked-way.js';
import { DoomedChat } from './doomed-chat.js';
import { History } from './history.js';
import { afflict, diskFull, FAULTS, faultsOf, randomOf } from './nemesis.js';
import { patiently } from './patience.js';
import { RawDevice } from './raw-device.js';
import { Talker } from './talker.js';
import { written } from './verdict.js';

const LONG = process.env['TEST_LONG'] === '1';
const SEED = Number(process.env['FAULT_SEED'] ?? 20_261);
const SCALE = LONG
  ? { pairs: 20, faults: 60, sayEveryMs: 250, acknowledged: 20_000, limitMs: 3_000_000 }
  : { pairs: 10, faults: FAULTS.length, sayEveryMs: 150, acknowledged: 1_000, limitMs: 600_000 };
const READ_EVERY_MS = 100;
const UNACKNOWLEDGED_LIMIT = 20;
/** How many messages a device sends at once without waiting for an answer, now and then. */
const BURST = 8;
const BURST_ONE_IN = 8;
/** The longest time from a burst of messages to the fault that hits it, in milliseconds. */
const AIM_MS = 12;
const DISK = 'size=256m';

const data = temporaryFolder();
/** Only root may have a disk of its own, which can be filled. */
const ownDisk = LONG && process.getuid?.() === 0;
let stack: Stack;
let way: CrookedWay;
/** What is to be ended, the last first, also when a start has failed half-way. */
const endings: (() => unknown)[] = [data.remove];

beforeAll(async () => {
  if (ownDisk) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', data.path]);
    endings.push(() => execFileSync('umount', ['--lazy', data.path]));
  }
  stack = await Stack.start({ DATA_DIR: data.path });
  endings.push(() => stack.stop());
  way = await CrookedWay.start(stack.port);
  endings.push(() => way.stop());
});
afterAll(async () => {
  for (const end of endings.toReversed()) await end();
});

interface Pair {
  readonly chatId: string;
  readonly both: readonly [Talker, Talker];
  /** Another device of the first of them. */
  readonly device: RawDevice;
}

/** The last errors that the services have logged. */
function serverErrors(log: string): string {
  const errors = log.split('\n').filter((line) => line.startsWith('{"level":50'));
  return errors.slice(-5).join('\n');
}

describe('conversations of many pairs while processes, network and disk fail', () => {
  it(
    'keep promises 1 to 3 and 5: nothing is lost, doubled, reordered, changed, shown to others or left behind',
    async () => {
      const began = Date.now();
      const history = new History();
      const random = randomOf(SEED);
      let names = 0;
      // One after the other: hashing forty passwords at once would end in the bus's deadline, before any fault.
      const someone = (name: string): Promise<Talker> =>
        patiently(() => Talker.signedUp(history, `${name}-${++names}`, way.url), `${name} signs up`);
      const two = async (name: string): Promise<[Talker, Talker]> => [
        await someone(`left-${name}`),
        await someone(`right-${name}`),
      ];
      const pairs: Pair[] = [];
      while (pairs.length < SCALE.pairs) {
        const both = await two('of-pair');
        const chatId = await patiently(() => both[0].chatWith(both[1]), 'a chat is made');
        pairs.push({ both, chatId, device: await RawDevice.of(both[0], history, way.url) });
      }
      const talkers = pairs.flatMap(({ both }) => both);
      const erasers = await two('eraser');
      const stranger = await someone('stranger');
      const all = [...talkers, ...erasers, stranger];
      const anyPair = (): Pair => pairs[random(pairs.length)] as Pair;

      const sayAll = (): void => {
        for (const { both, chatId, device } of pairs) {
          if (random(BURST_ONE_IN) === 0) device.burst(chatId, BURST);
          for (const talker of both) if (talker.unacknowledged < UNACKNOWLEDGED_LIMIT) talker.say(chatId);
        }
      };
      const reading = new Set<Promise<void>>();
      const unexplained: unknown[] = [];
      const inBackground = (work: Promise<unknown>): void => {
        const done: Promise<void> = work
          .catch((error: unknown) => {
            // A fault may end a call, which then says that it can be made again. Nothing else is expected.
            if (!(error instanceof ApiError && error.transient)) unexplained.push(error);
          })
          .then(() => void reading.delete(done));
        reading.add(done);
      };
      const readSome = (): void => {
        const { both, chatId } = anyPair();
        inBackground(both[random(2)]?.readPage(chatId, random(500)) ?? Promise.resolve());
        inBackground(stranger.readPage(chatId, 0));
      };
      const timers = [setInterval(sayAll, SCALE.sayEveryMs), setInterval(readSome, READ_EVERY_MS)];

      const kinds = ownDisk ? [...FAULTS, diskFull(data.path)] : FAULTS;
      const recoveries = new Map<string, number[]>();
      let withUnacknowledged = 0;
      try {
        for (const fault of faultsOf(kinds, SCALE.faults, random)) {
          const doomed = await DoomedChat.made(history, erasers, data.path).catch((error: unknown) => {
            throw new Error(`before ${fault.name}: ${serverErrors(stack.log)}`, { cause: error });
          });
          sayAll();
          const erasure = doomed.erase().catch((error: unknown) => {
            throw new Error(`the erasure failed that ${fault.name} hit: ${serverErrors(stack.log)}`, {
              cause: error,
            });
          });
          erasure.catch(() => undefined); // awaited below
          const deletion = anyPair().both[0].deleteLast();
          inBackground(deletion);
          await pause(random(AIM_MS));
          // A fast machine has acknowledged all that was said before.
          if (talkers.every(({ unacknowledged }) => unacknowledged === 0)) sayAll();
          if (talkers.some(({ unacknowledged }) => unacknowledged > 0)) withUnacknowledged++;
          await afflict(fault, { stack, way });
          const liftedAt = Date.now();
          await fault.lift({ stack, way });
          await patiently(
            () => talkers.every(({ lastAcknowledgedAt }) => lastAcknowledgedAt > liftedAt),
            `everybody's messages are acknowledged again after ${fault.name}`,
            () => serverErrors(stack.log),
          );
          recoveries.set(fault.name, [...(recoveries.get(fault.name) ?? []), Date.now() - liftedAt]);
          await stack.ready();
          await erasure;
          inBackground(anyPair().both[1].repeat());
        }
      } finally {
        for (const timer of timers) clearInterval(timer);
      }

      await patiently(() => all.every((talker) => talker.unacknowledged === 0), 'all is acknowledged');
      await patiently(
        () => pairs.every(({ device }) => device.unanswered === 0),
        'the other devices have their answers',
      );
      await Promise.all(reading);
      const store = new Map(
        await Promise.all(
          pairs.map(async ({ chatId, both }) => [chatId, await both[0].everything(chatId)] as const),
        ),
      );
      const stored = [...store.values()].reduce((sum, messages) => sum + messages.length, 0);
      const erasedChats = history.count('chat-delete-answered');
      const talked = new Set(store.keys());
      await eventually(
        () =>
          history.events.filter((e) => e.kind === 'shown' && talked.has(e.message.chatId)).length >=
          2 * stored,
        'everybody is shown everything',
        30_000,
      ).catch(() => undefined); // the checker tells what is missing
      for (const { client } of all) client.stop();
      for (const { device } of pairs) device.stop();

      const verdict = check(history, store);
      const acknowledged = new Set(
        history.events.flatMap((e) => (e.kind === 'acknowledged' ? [e.message.id] : [])),
      ).size;
      const done = {
        pairs: pairs.length,
        'messages acknowledged': acknowledged,
        'messages stored': stored,
        'messages shown': history.count('shown'),
        'messages heard by bare connections': history.count('heard'),
        'bare connections': pairs.reduce((sum, { device }) => sum + device.connects, 0),
        'messages sent without waiting': history.count('sent-unawaited'),
        'pages read meanwhile': history.count('page-read'),
        "strangers' reads refused": stranger.refusedReads,
        'messages deleted': history.count('message-delete-answered'),
        'chats erased during a fault': erasedChats,
      };
      const seconds = Math.round((Date.now() - began) / 1_000);
      const text = written({
        seed: SEED,
        seconds,
        faults: SCALE.faults,
        withUnacknowledged,
        done,
        verdict,
        recoveries,
      });
      console.log(text);
      if (LONG) writeFileSync(resolve(import.meta.dirname, '../../docs/verdict.md'), text);

      expect(verdict).toEqual(NO_FAULTS);
      expect(unexplained).toEqual([]);
      expect(history.count('heard')).toBeGreaterThanOrEqual(SCALE.acknowledged / 2);
      expect(history.count('sent-unawaited')).toBeGreaterThanOrEqual(BURST * SCALE.pairs);
      expect(history.count('message-delete-answered')).toBeGreaterThan(0);
      for (const { device } of pairs)
        expect([...device.refusals].filter((code) => code !== 'SERVICE_UNAVAILABLE')).toEqual([]);
      expect(all.reduce((sum, { refusedSends }) => sum + refusedSends, 0)).toBe(0);
      expect(withUnacknowledged).toBeGreaterThanOrEqual(SCALE.faults * 0.8);
      expect(acknowledged).toBeGreaterThanOrEqual(SCALE.acknowledged);
      expect(erasedChats).toBe(SCALE.faults);
      expect(stranger.refusedReads).toBeGreaterThan(0);
    },
    SCALE.limitMs,
  );
});
