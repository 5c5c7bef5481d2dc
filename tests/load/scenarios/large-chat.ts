import { setTimeout as wait } from 'node:timers/promises';
import type { ErasureReceipt } from '@app/contracts/edge';
import type { Generator } from '../generator/generator.js';
import { percentiles, type Percentiles } from '../generator/percentiles.js';
import { assertFaultless } from '../generator/protocol.js';
import type { ErasureResult, HistoryResult, LongFigures } from '../results.js';
import { LeanReader } from '../servers/lean-reader.js';
import { call } from '../servers/product-api.js';
import { startProduct } from '../servers/product.js';
import type { Member } from '../servers/server-under-load.js';

const PAIRS = 50;

const READS = 500;
/** Reads before the measurement, while code is compiled and the garbage of the filling is collected. */
const WARM_UP_READS = 50;
const REST_MS = 1_000;
/** A pause after half an hour of writing at full speed, so that the disk has finished its own work before the erasure. */
const DISK_REST_MS = 60_000;
const FILL = { load: { kind: 'closed', inFlight: 200 }, warmUpMs: 0 } as const;
const FILL_SLICE_MS = 10_000;
const OTHERS = { load: { kind: 'open', perSecond: 500 }, warmUpMs: 1_000 } as const;

/** How long other users are measured during an erasure, in milliseconds: for each erased message, and at least. */
const MEASURE_MS = { each: 0.015, least: 10_000 } as const;

/**
 * Fills a chat, reads it and erases it.
 * @param folder the DATA_DIR of the product
 * @param note prints the progress
 */
export async function longChat(
  folder: string,
  generator: Generator,
  messages: number,
  note: (text: string) => void,
): Promise<Pick<LongFigures, 'history' | 'erasure'>> {
  const product = await startProduct(folder, PAIRS);
  const { url } = product;
  try {
    const large = await setApart(generator, product);
    const held = await fillChat(url, generator, 'large', large, messages);
    note(`${held} messages stored`);
    const history = await readHistory(url, large);
    note(history.map(({ place, read }) => `${place} page p99 ${read.p99.toFixed(1)} ms`).join(', '));
    await wait(DISK_REST_MS);
    const watchMs = Math.max(MEASURE_MS.least, messages * MEASURE_MS.each);
    const erasure = await eraseChat(url, generator, 'others', large, watchMs);
    note(`erased in ${erasure.seconds.toFixed(1)} s, longest wait ${erasure.others.ack.max.toFixed(0)} ms`);
    return { history, erasure };
  } finally {
    await generator.do({ kind: 'release' });
    await product.stop();
  }
}

/** Connects the first pair as the group `large` and all others as `others`. @returns the first member */
export async function setApart(
  generator: Generator,
  { url, members }: { readonly url: string; readonly members: readonly Member[] },
): Promise<Member> {
  const [large] = members;
  if (!large) throw new Error('there are no members');
  await generator.do({ kind: 'connect', group: 'large', url, members: members.slice(0, 2) });
  await generator.do({ kind: 'connect', group: 'others', url, members: members.slice(2) });
  return large;
}

/** Sends messages of both members until the chat has enough. @returns how many it has then */
export async function fillChat(
  url: string,
  generator: Generator,
  group: string,
  member: Member,
  messages: number,
): Promise<number> {
  for (;;) {
    const held = await lastSeq(url, member);
    if (held >= messages) return held;
    // The last slice is shortened for the rate of a slow machine, so that a fast one does not send far too many.
    const measureMs = Math.round(Math.min(FILL_SLICE_MS, Math.max(100, (messages - held) / 4)));
    assertFaultless(await generator.run({ group, ...FILL, measureMs }, () => undefined), 'filling a chat');
  }
}

/** Reads the first, middle and last page of a chat many times. */
export async function readHistory(url: string, member: Member): Promise<HistoryResult[]> {
  const messages = await lastSeq(url, member);
  const places = { first: 'after=0', middle: `after=${Math.floor(messages / 2)}`, last: '' };
  const results: HistoryResult[] = [];
  const reader = new LeanReader(url, member.cookie);
  const page = (query: string): Promise<void> =>
    reader.read(`/chats/${member.chatId}/messages?limit=50&${query}`);
  await timed(WARM_UP_READS, () => page(places.middle));
  await wait(REST_MS);
  for (const [place, query] of Object.entries(places)) {
    const read = await timed(READS, () => page(query));
    results.push({ messages, place: place as HistoryResult['place'], read });
  }
  reader.close();
  return results;
}

/**
 * Erases a chat while other pairs send 500 messages a second.
 * @param group the connected group of the other pairs
 * @param measureMs longer than the erasure takes
 */
export async function eraseChat(
  url: string,
  generator: Generator,
  group: string,
  member: Member,
  measureMs: number,
): Promise<ErasureResult> {
  let erased: Promise<{ messages: number; seconds: number }> = Promise.reject(new Error('not begun'));
  erased.catch(() => undefined);
  const others = await generator.run({ group, ...OTHERS, measureMs }, (at) => {
    if (at === 'measuring') erased = erase(url, member);
  });
  return { ...(await erased), others };
}

async function erase(
  url: string,
  { chatId, cookie }: Member,
): Promise<{ messages: number; seconds: number }> {
  const start = performance.now();
  for (;;) {
    const { status, body } = await call(url, 'DELETE', `/chats/${chatId}`, cookie);
    if (status === 200) {
      const { receipt } = body as { receipt: ErasureReceipt };
      return { messages: receipt.messagesErased, seconds: (performance.now() - start) / 1000 };
    }
    await wait(500);
  }
}

/** Measures repeated work. */
export async function timed(times: number, work: () => Promise<unknown>): Promise<Percentiles> {
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    await work();
    taken.push(performance.now() - start);
  }
  return percentiles(taken);
}

async function lastSeq(url: string, { chatId, cookie }: Member): Promise<number> {
  return ((await call(url, 'GET', `/chats/${chatId}`, cookie)).body as { chat: { lastSeq: number } }).chat
    .lastSeq;
}
