import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { makePairs } from '../servers/product-api.js';
import { startBareProduct } from '../servers/product.js';
import { Attacker } from './attacker.js';
import { ATTACKS, type Scene } from './attacks.js';
import { MemoryLimits, type MemoryUse } from './memory-limits.js';
import { Victims, type Fared } from './victims.js';

const QUIET_MS = 10_000;
const ATTACK_MS = 8_000;
/** What an attack has begun may end by itself for so long, before its connections are cut. */
const GRACE_MS = 2_000;
const REST_MS = 3_000;

/** One attack and how the others fared meanwhile. */
export interface AttackResult extends Fared, MemoryUse {
  readonly attack: string;
}

/** All attacks. */
export interface HostileResult {
  readonly quiet: Fared;
  readonly attacks: readonly AttackResult[];
}

/**
 * Plays every attack against the product at its default limits, one after the other.
 * @param folder a scratch folder
 * @param only a part of the names of the attacks to play
 * @param note tells how far it is
 */
export async function hostile(
  folder: string,
  only: string,
  note: (text: string) => void,
): Promise<HostileResult> {
  const dataDir = join(folder, 'hostile');
  mkdirSync(dataDir, { mode: 0o700 });
  const running = await startBareProduct(dataDir, {
    HOST: '127.0.0.1',
    MESSAGE_RATE_LIMIT: '',
    AUTH_RATE_LIMIT: '',
    API_RATE_LIMIT: '',
    NODE_OPTIONS: MemoryLimits.HEAP,
  });
  const { url, pid } = running;
  const limits = new MemoryLimits(pid);
  try {
    const members = await makePairs(url, 1);
    const victims = await Victims.connected(url, members);
    const quiet = await victims.fare(wait(QUIET_MS));
    note(line('quiet', quiet));
    limits.since();
    const attacks: AttackResult[] = [];
    for (const [name, attack] of Object.entries(ATTACKS)) {
      if (!name.includes(only)) continue;
      const scene = await newScene(url, dataDir, attacks.length);
      const over = AbortSignal.timeout(ATTACK_MS);
      const attacking = attack({ ...scene, over }).catch((error: unknown) =>
        note(`${name}: ${String(error)}`),
      );
      const ending = Promise.race([attacking, wait(ATTACK_MS + GRACE_MS)]).then(() => wait(GRACE_MS));
      const fared = await victims.fare(ending);
      scene.mallory.stop();
      scene.stranger.stop();
      const result = { attack: name, ...fared, ...limits.since() };
      attacks.push(result);
      note(line(name, result));
      await wait(REST_MS);
    }
    victims.stop();
    return { quiet, attacks };
  } finally {
    limits.stop();
    await running.stop();
  }
}

/** Each attack comes from addresses of its own, so that none pays for the one before. */
async function newScene(url: string, dataDir: string, index: number): Promise<Omit<Scene, 'over'>> {
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

function line(name: string, { ack, http, cut, refused }: Fared): string {
  return `${name.padEnd(64)} ack p99 ${ack.p99.toFixed(0)} ms, HTTP p99 ${http.p99.toFixed(0)} ms, ${cut} cut, ${refused} refused`;
}
