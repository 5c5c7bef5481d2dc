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
/** Before it counts: code that has not run yet is slow, and what the filling has left is cleared away. */
const FIRST_READS = 50;
const REST_MS = 1_000;
/** After half an hour of writing as fast as the disk allows: what that still keeps the disk busy with is not the erasure's. */
const DISK_REST_MS = 60_000;
const FILL = { load: { kind: 'closed', inFlight: 200 }, warmUpMs: 0 } as const;
const FILL_SLICE_MS = 10_000;
const OTHERS = { load: { kind: 'open', perSecond: 500 }, warmUpMs: 1_000 } as const;

/** For how long others are watched for each message that is erased, at least this long. */
const WATCH_MS = { each: 0.015, least: 10_000 } as const;

/**
 * Fills one chat, reads it and erases it, on a product of its own.
 * @param folder its DATA_DIR
 * @param note tells how far it is
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
    const watchMs = Math.max(WATCH_MS.least, messages * WATCH_MS.each);
    const erasure = await eraseChat(url, generator, 'others', large, watchMs);
    note(`erased in ${erasure.seconds.toFixed(1)} s, longest wait ${erasure.others.ack.max.toFixed(0)} ms`);
    return { history, erasure };
  } finally {
    await generator.do({ kind: 'release' });
    await product.stop();
  }
}

/** Connects the first pair as `large` and all others as `others`. @returns the first member */
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

/** Fills one chat through its two members until it holds so many messages. @returns how many it holds then */
export async function fillChat(
  url: string,
  generator: Generator,
  users: string,
  member: Member,
  messages: number,
): Promise<number> {
  for (;;) {
    const held = await lastSeq(url, member);
    if (held >= messages) return held;
    // The end is not overshot by much: a slice is cut to what is missing at a rate seen on slow machines.
    const measureMs = Math.round(Math.min(FILL_SLICE_MS, Math.max(100, (messages - held) / 4)));
    assertFaultless(await generator.run({ users, ...FILL, measureMs }, () => undefined), 'filling a chat');
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
  await timed(FIRST_READS, () => page(places.middle));
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
 * @param users the others', connected
 * @param measureMs longer than the erasure takes
 */
export async function eraseChat(
  url: string,
  generator: Generator,
  users: string,
  member: Member,
  measureMs: number,
): Promise<ErasureResult> {
  let erased: Promise<{ messages: number; seconds: number }> = Promise.reject(new Error('not begun'));
  erased.catch(() => undefined);
  const others = await generator.run({ users, ...OTHERS, measureMs }, (at) => {
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

/** Does the same thing many times, one after the other. */
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
