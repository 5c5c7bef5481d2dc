import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Reply } from '@app/contracts/bus';
import {
  createChatKey,
  createMasterKeyLine,
  lookupIndex,
  parseMasterKeys,
  uuidToBytes,
  wrapChatKey,
} from '@app/crypto';
import {
  bareRequest,
  eventually,
  NatsServerUnderTest,
  PieceScanner,
  ServiceProcess,
  temporaryFolder,
} from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const CHATS = 600;

let nats: NatsServerUnderTest;
let bus: NatsConnection;
let folder: ReturnType<typeof temporaryFolder>;
let service: ServiceProcess;

beforeAll(async () => {
  nats = await NatsServerUnderTest.start();
  bus = await nats.connect();
});
afterAll(async () => {
  await bus.close();
  await nats.stop();
});
beforeEach(async () => {
  folder = temporaryFolder();
  await start();
});
afterEach(async () => {
  await service.end('SIGKILL');
  folder.remove();
});

async function start(): Promise<void> {
  service = new ServiceProcess('chat', { DATA_DIR: folder.path, NATS_URL: nats.url });
  service.start();
  await eventually(async () => (await bareRequest(bus, 'chat.health', {})).data, 'chat answers');
}

const rotate = (): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, ['tools/secure-chat.mjs', 'keys-rotate'], {
    cwd: ROOT,
    env: { ...process.env, DATA_DIR: folder.path },
  });

/** How a rotation ended, and what it said. */
const rotation = (): Promise<{ code: unknown; stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, ['tools/secure-chat.mjs', 'keys-rotate'], {
    cwd: ROOT,
    env: { ...process.env, DATA_DIR: folder.path },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: unknown; stdout: string; stderr: string },
  );

interface Made {
  readonly chatId: string;
  readonly key: string;
  readonly userId: string;
}

async function makeChats(count: number): Promise<Made[]> {
  const made: Made[] = [];
  while (made.length < count)
    made.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(100, count - made.length) }, async () => {
          const userId = randomUUID();
          const { data } = await bareRequest(bus, 'chat.create', { userId, name: 'named' });
          const { chat, key } = data as Reply<'chat.create'>;
          return { chatId: chat.id, key, userId };
        }),
      )),
    );
  return made;
}

function wrapped(): { version: number; bytes: Buffer }[] {
  const db = new Database(join(folder.path, 'chat.db'), { readonly: true });
  try {
    return db.prepare('SELECT key_version AS version, wrapped_key AS bytes FROM chat_keys').all() as {
      version: number;
      bytes: Buffer;
    }[];
  } finally {
    db.close();
  }
}

/** Every chat opens as before: its key, its name, and by a join. */
async function expectWhole(chats: readonly Made[]): Promise<void> {
  for (const { chatId, key, userId } of chats) {
    expect((await bareRequest(bus, 'chat.key.reveal', { userId, chatId })).data).toEqual({ key });
    expect((await bareRequest(bus, 'chat.get', { userId, chatId })).data).toMatchObject({
      chat: { name: 'named' },
    });
  }
}

/** Stores chats of one member each as chat does, beside the stopped service: through it, so many would take an hour. */
function store(count: number): void {
  const [masterKey] = parseMasterKeys(readFileSync(join(folder.path, 'master.key'), 'utf8')).versions;
  if (!masterKey) throw new Error('there is no master key');
  const db = new Database(join(folder.path, 'chat.db'));
  const insert = [
    'INSERT INTO chats (id, created_at, created_by) VALUES (:chatId, 0, :userId)',
    'INSERT INTO members VALUES (:chatId, :userId, 0)',
    'INSERT INTO chat_keys VALUES (:chatId, :version, :lookup, :wrapped)',
  ].map((sql) => db.prepare(sql));
  db.transaction(() => {
    for (let i = 0; i < count; i++) {
      const [chatId, chatKey] = [randomUUID(), createChatKey()];
      const row = {
        chatId,
        userId: randomUUID(),
        version: masterKey.version,
        lookup: lookupIndex(chatKey, masterKey),
        wrapped: wrapChatKey(chatKey, masterKey, uuidToBytes(chatId)),
      };
      for (const statement of insert) statement.run(row);
    }
  })();
  db.close();
}

// So many are told of in docs/performance.md, and take too long for every run.
const MANY = process.env['TEST_LONG'] === '1' ? [100_000] : [2_000];

describe('npm run keys:rotate', () => {
  it.each(MANY)(
    'rewraps the keys of %i chats, and prints how long it took',
    async (count) => {
      await service.end('SIGTERM');
      store(count);
      await start();

      const began = performance.now();
      const { stdout } = await rotate();
      console.log(`${count} chats: ${((performance.now() - began) / 1000).toFixed(1)} s`);

      expect(stdout).toContain('version 2');
      const versions = wrapped().map(({ version }) => version);
      expect([versions.length, ...new Set(versions)]).toEqual([count, 2]);
    },
    600_000,
  );

  it('rewraps every key while chats are created and joined, then destroys the old key, which opens nothing', async () => {
    const chats = await makeChats(CHATS);
    const scanner = new PieceScanner();
    for (const [i, { bytes }] of wrapped().entries()) scanner.add(`key ${i}`, bytes);
    expect(scanner.found(folder.path).size).toBe(CHATS);
    const oldKey = readFileSync(join(folder.path, 'master.key'));

    const rotating = rotate();
    const joins = await Promise.all(
      chats.slice(0, 50).map(({ key }) => bareRequest(bus, 'chat.join', { userId: randomUUID(), key })),
    );
    const during = await makeChats(20);
    const { stdout } = await rotating;

    expect(stdout).toContain('version 2');
    expect(joins.every(({ data }) => data !== undefined)).toBe(true);
    expect(new Set(wrapped().map(({ version }) => version))).toEqual(new Set([2]));
    expect(readFileSync(join(folder.path, 'master.key'), 'utf8')).toMatch(/^v2:\S+\n$/);
    expect(scanner.found(folder.path).size).toBe(0);
    await expectWhole([...chats.slice(0, 40), ...during]);
    await service.end('SIGTERM');
    writeFileSync(join(folder.path, 'master.key'), oldKey);
    service.start();
    expect(await service.exited()).toBe(78);
    expect(service.log).toContain('MASTER_KEY_FILE does not fit');
  });

  it('goes on after the service was killed in the middle of it', async () => {
    const chats = await makeChats(CHATS);

    const rotating = rotate();
    await eventually(() => wrapped().some(({ version }) => version === 2), 'it has begun');
    await service.end('SIGKILL');
    await start();
    const { stdout } = await rotating;

    expect(stdout).toContain('version 2');
    await expectWhole(chats.slice(0, 40));
  });

  it('fails with one line while another run is in progress, which goes on', async () => {
    const chats = await makeChats(40);

    const ended = await Promise.all([rotation(), rotation(), rotation()]);

    // Whoever came when the first had ended has begun another one.
    const refused = ended.filter(({ code }) => code === 1);
    expect(ended.some(({ code }) => code === 0)).toBe(true);
    for (const { stderr } of refused)
      expect(stderr).toBe(
        'secure-chat: another rotation of the keys is under way: wait until it has ended\n',
      );
    expect(readdirSync(folder.path).filter((name) => /\.(new|old|lock)$/.test(name))).toEqual([]);
    await expectWhole(chats.slice(0, 5));
  });

  it('ignores the lock of a killed run', async () => {
    writeFileSync(join(folder.path, 'keys-rotate.lock'), '');

    expect((await rotate()).stdout).toContain('version 2');
  });

  it.each([
    [
      'another key',
      () => createMasterKeyLine(1),
      /does not fit the stored keys: its version 1 is another key/,
    ],
    [
      'another key beside a new one',
      () => `${createMasterKeyLine(1)}\n${createMasterKeyLine(2)}`,
      /its version 1 is another key/,
    ],
    [
      'a version that nothing is wrapped by',
      () => createMasterKeyLine(7),
      /version 1 is in use and not in it/,
    ],
    ['something else', () => 'v1:spoilt', /cannot be used/],
    ['nothing', () => '', /cannot be used: the master key file holds no key/],
    ['zeros', () => '\0'.repeat(48), /cannot be used/],
  ])('refuses a file that holds %s in one line, and leaves it as it is', async (_what, lines, line) => {
    await makeChats(3);
    await service.end('SIGTERM');
    const text = `${lines()}\n`;
    writeFileSync(join(folder.path, 'master.key'), text);

    const { code, stderr, stdout } = await rotation();

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readFileSync(join(folder.path, 'master.key'), 'utf8')).toBe(text);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
  });

  it('recovers a key from a draft that a power cut has left, when keys are wrapped by it', async () => {
    const chats = await makeChats(10);
    const before = readFileSync(join(folder.path, 'master.key'), 'utf8');
    // The store is wrapped by version 2, and the folder has forgotten that the draft took the file's name.
    const file = join(folder.path, 'master.key');
    const both = `${before}${createMasterKeyLine(2)}\n`;
    writeFileSync(file, both);
    await eventually(() => wrapped().every(({ version }) => version === 2), 'every key is wrapped anew');
    await service.end('SIGKILL');
    writeFileSync(file, before);
    writeFileSync(`${file}.new`, both);

    const stopped = rotation();
    // What chat had finished before it was killed lets the run go on at once, and the old key out of the file.
    await eventually(
      () => readFileSync(file, 'utf8').endsWith(both.split('\n')[1] + '\n'),
      'the key is taken in',
    );
    await start();
    const { code, stdout, stderr } = await stopped;

    expect(code, stderr).toBe(0);
    expect(stdout).toContain('version 2');
    expect(readFileSync(file, 'utf8')).toBe(both.split('\n')[1] + '\n');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
    await expectWhole(chats);
  });

  it('destroys what an interrupted run has left of an old key, and starts no rotation', async () => {
    const chats = await makeChats(3);
    const old = readFileSync(join(folder.path, 'master.key'));
    await rotate();
    writeFileSync(join(folder.path, 'master.key.0badcafe.old'), old);
    const kept = readFileSync(join(folder.path, 'master.key'), 'utf8');

    const { stdout } = await rotate();

    expect(stdout).toContain('What an interrupted run had left of older ones is destroyed now');
    expect(readFileSync(join(folder.path, 'master.key'), 'utf8')).toBe(kept);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
    await expectWhole(chats);
  });
});
