import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Attacker } from './attacker.js';
import { ATTACKS, type AttackContext } from './attacks.js';

/** The parameters of an attack thread. */
export interface Orders {
  /** The name of the attack. */
  readonly name: string;
  readonly url: string;
  readonly dataDir: string;
  /** The number of the attack. */
  readonly index: number;
  readonly limitMs: number;
}

/** Creates the attackers. Each attack has its own addresses, so that no rate limit carries over from the one before. */
async function newContext({ url, dataDir, index }: Orders): Promise<Omit<AttackContext, 'over'>> {
  const mallory = new Attacker(`127.1.${index}.1`, url);
  const stranger = new Attacker(`127.1.${index}.2`, url);
  const username = `mallory-${randomUUID().slice(0, 8)}`;
  let chatId = '';
  // Waits for a service that the previous attack may have brought down.
  for (let tries = 0; chatId === '' && tries < 30; tries++) {
    await mallory.call('POST', '/auth/register', { username, password: randomUUID() }).catch(() => undefined);
    const made = await mallory.call('POST', '/chats', {}).catch(() => undefined);
    chatId = (made?.body as { chat?: { id: string } } | undefined)?.chat?.id ?? '';
    if (chatId === '') await wait(500);
  }
  if (chatId === '') throw new Error('the product did not come back');
  return { mallory, stranger, username, chatId, dataDir };
}

// Posts `ready`, waits for a message, attacks, and posts `over`. The end of the thread closes its connections.
const orders = workerData as Orders;
const context = await newContext(orders);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage('ready');
if (parentPort) await once(parentPort, 'message');
const over = AbortSignal.timeout(orders.limitMs);
await ATTACKS[orders.name]?.({ ...context, over });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage('over');
