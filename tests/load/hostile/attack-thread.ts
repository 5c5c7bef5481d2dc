import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Attacker } from './attacker.js';
import { ATTACKS, type Scene } from './attacks.js';

/** What a thread that attacks is told. */
export interface Orders {
  /** Of the attack. */
  readonly name: string;
  readonly url: string;
  readonly dataDir: string;
  /** Of the attack among all. */
  readonly index: number;
  readonly limitMs: number;
}

/** Each attack comes from addresses of its own, so that none pays for the one before. */
async function newScene({ url, dataDir, index }: Orders): Promise<Omit<Scene, 'over'>> {
  const mallory = new Attacker(`127.1.${index}.1`, url);
  const stranger = new Attacker(`127.1.${index}.2`, url);
  const username = `mallory-${randomUUID().slice(0, 8)}`;
  let chatId = '';
  // The service that the attack before has brought down comes back.
  for (let tries = 0; chatId === '' && tries < 30; tries++) {
    await mallory.call('POST', '/auth/register', { username, password: randomUUID() }).catch(() => undefined);
    const made = await mallory.call('POST', '/chats', {}).catch(() => undefined);
    chatId = (made?.body as { chat?: { id: string } } | undefined)?.chat?.id ?? '';
    if (chatId === '') await wait(500);
  }
  if (chatId === '') throw new Error('the product did not come back');
  return { mallory, stranger, username, chatId, dataDir };
}

// A thread: it says when it is ready to begin, begins when it is told, and says when it is over. Ending it cuts all of
// its connections.
const orders = workerData as Orders;
const scene = await newScene(orders);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage('ready');
if (parentPort) await once(parentPort, 'message');
const over = AbortSignal.timeout(orders.limitMs);
await ATTACKS[orders.name]?.({ ...scene, over });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage('over');
