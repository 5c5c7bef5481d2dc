import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, Stack, temporaryFolder } from '@app/testing';
import { ApiError } from '@app/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check, NO_FAULTS } from './checker.js';
import { FaultyProxy } from './faulty-proxy.js';
import { ChatToErase } from './chat-to-erase.js';
import { History } from './history.js';
import { inject, diskFull, FAULTS, shuffledFaults, seededRandom } from './faults.js';
import { waitFor } from './wait-for.js';
import { RawDevice } from './raw-device.js';
import { ChatUser } from './chat-user.js';
import { verdictPage } from './verdict.js';

const LONG = process.env['TEST_LONG'] === '1';
const SEED = Number(process.env['FAULT_SEED'] ?? 20_261);
const SCALE = LONG
  ? { pairs: 20, faults: 60, sendEveryMs: 250, acknowledged: 20_000, limitMs: 3_000_000 }
  : { pairs: 10, faults: FAULTS.length, sendEveryMs: 150, acknowledged: 1_000, limitMs: 600_000 };
const READ_EVERY_MS = 100;
const UNACKNOWLEDGED_LIMIT = 20;
/** How many messages a raw connection sends in a burst without waiting for answers. */
const BURST = 8;
const BURST_ONE_IN = 8;
/** The longest time from sending to the fault, in milliseconds, so that it hits unacknowledged messages. */
const MAX_AIM_MS = 12;
const DISK = 'size=256m';

const data = temporaryFolder();
/** Root alone can mount a small file system, which the tests fill. */
const ownDisk = LONG && process.getuid?.() === 0;
let stack: Stack;
let proxy: FaultyProxy;
/** The clean-up functions, run in reverse order, also after an incomplete start. */
const cleanUps: (() => unknown)[] = [data.remove];

beforeAll(async () => {
  if (ownDisk) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', data.path]);
    cleanUps.push(() => execFileSync('umount', ['--lazy', data.path]));
  }
  stack = await Stack.start({ DATA_DIR: data.path });
  cleanUps.push(() => stack.stop());
  proxy = await FaultyProxy.start(stack.port);
  cleanUps.push(() => proxy.stop());
});
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

interface Pair {
  readonly chatId: string;
  readonly both: readonly [ChatUser, ChatUser];
  /** A second device of the first user. */
  readonly device: RawDevice;
}

/** Returns the last errors in the services' log. */
function serverErrors(log: string): string {
  const errors = log.split('\n').filter((line) => line.startsWith('{"level":50'));
  return errors.slice(-5).join('\n');
}

describe('conversations during faults of processes, network and disk', () => {
  it(
    'lose, duplicate, reorder, change and leak no message, and leave nothing of an erased chat',
    async () => {
      const began = Date.now();
      const history = new History();
      const random = seededRandom(SEED);
      let names = 0;
      // One after the other: hashing forty passwords in parallel would exceed the deadline of the bus.
      const someone = (name: string): Promise<ChatUser> =>
        waitFor(() => ChatUser.signedUp(history, `${name}-${++names}`, proxy.url), `${name} signs up`);
      const two = async (name: string): Promise<[ChatUser, ChatUser]> => [
        await someone(`left-${name}`),
        await someone(`right-${name}`),
      ];
      const pairs: Pair[] = [];
      while (pairs.length < SCALE.pairs) {
        const both = await two('of-pair');
        const chatId = await waitFor(() => both[0].chatWith(both[1]), 'a chat is created');
        pairs.push({ both, chatId, device: await RawDevice.of(both[0], history, proxy.url) });
      }
      const users = pairs.flatMap(({ both }) => both);
      const erasers = await two('eraser');
      const stranger = await someone('stranger');
      const all = [...users, ...erasers, stranger];
      const anyPair = (): Pair => pairs[random(pairs.length)] as Pair;

      const sendAll = (): void => {
        for (const { both, chatId, device } of pairs) {
          if (random(BURST_ONE_IN) === 0) device.burst(chatId, BURST);
          for (const user of both) if (user.unacknowledged < UNACKNOWLEDGED_LIMIT) user.send(chatId);
        }
      };
      const reading = new Set<Promise<void>>();
      const unexpected: unknown[] = [];
      const inBackground = (work: Promise<unknown>): void => {
        const done: Promise<void> = work
          .catch((error: unknown) => {
            // A fault may end a call with an error that allows a retry. Any other error is unexpected.
            if (!(error instanceof ApiError && error.transient)) unexpected.push(error);
          })
          .then(() => void reading.delete(done));
        reading.add(done);
      };
      const readSome = (): void => {
        const { both, chatId } = anyPair();
        inBackground(both[random(2)]?.readPage(chatId, random(500)) ?? Promise.resolve());
        inBackground(stranger.readPage(chatId, 0));
      };
      const timers = [setInterval(sendAll, SCALE.sendEveryMs), setInterval(readSome, READ_EVERY_MS)];

      const kinds = ownDisk ? [...FAULTS, diskFull(data.path)] : FAULTS;
      const recoveries = new Map<string, number[]>();
      let withUnacknowledged = 0;
      try {
        for (const fault of shuffledFaults(kinds, SCALE.faults, random)) {
          const toErase = await ChatToErase.create(history, erasers, data.path).catch((error: unknown) => {
            throw new Error(`before ${fault.name}: ${serverErrors(stack.log)}`, { cause: error });
          });
          sendAll();
          const erasure = toErase.erase().catch((error: unknown) => {
            throw new Error(`the erasure failed during ${fault.name}: ${serverErrors(stack.log)}`, {
              cause: error,
            });
          });
          erasure.catch(() => undefined); // awaited below
          const deletion = anyPair().both[0].deleteLast();
          inBackground(deletion);
          await pause(random(MAX_AIM_MS));
          // A fast machine may have acknowledged all messages by now.
          if (users.every(({ unacknowledged }) => unacknowledged === 0)) sendAll();
          if (users.some(({ unacknowledged }) => unacknowledged > 0)) withUnacknowledged++;
          await inject(fault, { stack, proxy });
          const endedAt = Date.now();
          await fault.end({ stack, proxy });
          await waitFor(
            () => users.every(({ lastAcknowledgedAt }) => lastAcknowledgedAt > endedAt),
            `everybody's messages are acknowledged again after ${fault.name}`,
            () => serverErrors(stack.log),
          );
          recoveries.set(fault.name, [...(recoveries.get(fault.name) ?? []), Date.now() - endedAt]);
          await stack.ready();
          await erasure;
          inBackground(anyPair().both[1].repeat());
        }
      } finally {
        for (const timer of timers) clearInterval(timer);
      }

      await waitFor(() => all.every((user) => user.unacknowledged === 0), 'all messages are acknowledged');
      await waitFor(
        () => pairs.every(({ device }) => device.unanswered === 0),
        'the raw connections have all answers',
      );
      await Promise.all(reading);
      const store = new Map(
        await Promise.all(
          pairs.map(async ({ chatId, both }) => [chatId, await both[0].everything(chatId)] as const),
        ),
      );
      const stored = [...store.values()].reduce((sum, messages) => sum + messages.length, 0);
      const erasedChats = history.count('chat-delete-answered');
      const chatIds = new Set(store.keys());
      await eventually(
        () =>
          history.events.filter((e) => e.kind === 'shown' && chatIds.has(e.message.chatId)).length >=
          2 * stored,
        'all messages are shown to both members',
        30_000,
      ).catch(() => undefined); // the checker reports what is missing
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
        'messages received by raw connections': history.count('received'),
        'raw connections': pairs.reduce((sum, { device }) => sum + device.connects, 0),
        'messages sent without waiting': history.count('sent-pipelined'),
        'pages read during faults': history.count('page-read'),
        "non-members' reads refused": stranger.refusedReads,
        'messages deleted': history.count('message-delete-answered'),
        'chats erased during a fault': erasedChats,
      };
      const seconds = Math.round((Date.now() - began) / 1_000);
      const text = verdictPage({
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
      expect(unexpected).toEqual([]);
      expect(history.count('received')).toBeGreaterThanOrEqual(SCALE.acknowledged / 2);
      expect(history.count('sent-pipelined')).toBeGreaterThanOrEqual(BURST * SCALE.pairs);
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
