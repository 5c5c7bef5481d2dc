import { ChatClient, CookieJar } from '@app/client';
import type { Message } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack } from '@app/testing';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check, noFaults } from './checker.js';
import { faultsOf } from './nemesis.js';

const LONG = process.env['FAULT_LONG'] === '1';
const SEED = Number(process.env['FAULT_SEED'] ?? 20_261);
const PAIRS = LONG ? 20 : 8;
const FAULTS = LONG ? 60 : 9;
const EVERY_MS = 40;

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack.stop());

/** One half of a pair: writes all the time and notes what it is told and shown. */
class Talker {
  readonly client: ChatClient;
  readonly sent = new Map<string, string>();
  readonly acknowledged: Message[] = [];
  readonly seen: Message[] = [];
  private waiting = 0;
  private count = 0;

  constructor() {
    this.client = new ChatClient({ baseUrl: stack.url, cookies: new CookieJar() });
    this.client.follow((message) => void this.seen.push(message));
  }

  /** How many of its messages nobody has acknowledged yet. */
  get unacknowledged(): number {
    return this.waiting;
  }

  /** Sends one message; its promise is kept for the check. */
  say(chatId: string): void {
    const text = `message ${this.count++} of ${this.client.user?.username ?? ''} — ünï¢ødé`;
    const { clientMessageId, stored } = this.client.send(chatId, text);
    this.sent.set(clientMessageId, text);
    this.waiting++;
    stored.then(
      (message) => {
        this.waiting--;
        this.acknowledged.push(message);
      },
      () => {
        this.waiting--;
      },
    );
  }
}

interface Pair {
  readonly chatId: string;
  readonly talkers: readonly [Talker, Talker];
}

async function aPair(n: number): Promise<Pair> {
  const talkers = [new Talker(), new Talker()] as const;
  await talkers[0].client.register(`left-${n}-${SEED}`, EdgeClient.password);
  await talkers[1].client.register(`right-${n}-${SEED}`, EdgeClient.password);
  const { chat, key } = await talkers[0].client.createChat();
  await talkers[1].client.joinChat(key);
  return { chatId: chat.id, talkers };
}

async function history(talker: Talker, chatId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let more = true; more;) {
    const page = await talker.client.api.messages(chatId, { after: messages.at(-1)?.seq ?? 0, limit: 200 });
    messages.push(...page.messages);
    more = page.hasMore;
  }
  return messages;
}

describe('a conversation of many pairs while processes are killed, ended and frozen', () => {
  it(
    'keeps promises 1 to 3: nothing acknowledged is lost, doubled, reordered or changed',
    async () => {
      const pairs = await Promise.all(Array.from({ length: PAIRS }, (_, n) => aPair(n)));
      const talkers = pairs.flatMap(({ talkers: both }) => both);
      const talking = setInterval(() => {
        for (const { chatId, talkers: both } of pairs)
          for (const talker of both) if (talker.unacknowledged < 50) talker.say(chatId);
      }, EVERY_MS);
      const recoveries = new Map<string, number[]>();
      let struckWhileSending = 0;

      const faults = faultsOf(SEED, FAULTS);
      for (const fault of faults) {
        await eventually(
          () => talkers.some(({ unacknowledged }) => unacknowledged > 0),
          'somebody sends',
          20_000,
        );
        if (talkers.some(({ unacknowledged }) => unacknowledged > 0)) struckWhileSending++;
        const began = Date.now();
        await fault.strike(stack);
        const count = (): number => talkers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
        const before = count();
        await eventually(() => count() > before, 'messages are acknowledged again', 30_000);
        recoveries.set(fault.name, [...(recoveries.get(fault.name) ?? []), Date.now() - began]);
        await pause(200);
      }
      clearInterval(talking);
      await eventually(
        () => talkers.every(({ unacknowledged }) => unacknowledged === 0),
        'all is acknowledged',
        60_000,
      );

      const verdict = noFaults();
      let stored = 0;
      for (const { chatId, talkers: both } of pairs) {
        const messages = await history(both[0], chatId);
        stored += messages.length;
        for (const talker of both)
          await eventually(() => talker.seen.length >= messages.length, 'everyone has seen all', 30_000);
        check(
          {
            chatId,
            memberIds: both.map(({ client }) => client.user?.id ?? ''),
            sent: new Map(both.flatMap(({ sent }) => [...sent])),
            acknowledged: both.flatMap(({ acknowledged }) => acknowledged),
            seen: both.map(({ client, seen }) => ({ userId: client.user?.id ?? '', messages: seen })),
            stored: messages,
          },
          verdict,
        );
      }
      for (const { client } of talkers) client.stop();
      report(recoveries, { faults: faults.length, stored, ...verdict });

      expect(verdict).toEqual(noFaults());
      expect(struckWhileSending).toBeGreaterThanOrEqual(faults.length * 0.8);
      expect(stored).toBeGreaterThan(LONG ? 20_000 : 200);
    },
    LONG ? 1_800_000 : 200_000,
  );
});

/** Prints the verdict; the long run writes it down. */
function report(recoveries: ReadonlyMap<string, readonly number[]>, figures: Record<string, number>): void {
  const rows = [...recoveries].map(([name, times]) => {
    const sorted = times.toSorted((a, b) => a - b);
    return `| ${name} | ${times.length} | ${sorted[Math.floor(sorted.length / 2)]} | ${sorted.at(-1)} |`;
  });
  const text = [
    '# Verdict',
    '',
    `Seed ${SEED}. ${Object.entries(figures)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')}.`,
    '',
    'From the fault to the first acknowledgement after it, in milliseconds (the fault itself included):',
    '',
    '| fault | times | median | worst |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  console.log(text);
  if (LONG) writeFileSync(resolve(import.meta.dirname, '../../docs/verdict.md'), text);
}
