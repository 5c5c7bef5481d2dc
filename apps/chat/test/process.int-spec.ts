import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Reply } from '@app/contracts/bus';
import { createMasterKeyLine } from '@app/crypto';
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

let nats: NatsServerUnderTest;
let bus: NatsConnection;
let dataDir: string;
let removeData: () => void;
let service: ServiceProcess;

beforeAll(async () => {
  nats = await NatsServerUnderTest.start();
  bus = await nats.connect();
});
afterAll(async () => {
  await bus.close();
  await nats.stop();
});
beforeEach(() => {
  const folder = temporaryFolder();
  dataDir = join(folder.path, 'data');
  removeData = folder.remove;
});
afterEach(async () => {
  await service.end('SIGKILL');
  removeData();
});

const keyFile = (): string => join(dataDir, 'master.key');

/** Starts the built service; `npx nest build chat` must have run. */
async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  service = new ServiceProcess('chat', { DATA_DIR: dataDir, NATS_URL: nats.url, ...settings });
  service.start();
  await eventually(
    async () => !service.running || (await bareRequest(bus, 'chat.health', {})).data !== undefined,
    'the service answers',
  );
  if (!service.running) throw new Error(`the service ended at its start: ${service.log}`);
}

/** Starts the service with something that must end it; gives its exit code and what it said. */
async function failedStart(settings: Readonly<Record<string, string>> = {}): Promise<[unknown, string]> {
  service = new ServiceProcess('chat', { DATA_DIR: dataDir, NATS_URL: nats.url, ...settings });
  service.start();
  return [await service.exited(), service.log];
}

async function create(name: string | null = null): Promise<Reply<'chat.create'> & { userId: string }> {
  const userId = randomUUID();
  const { data } = await bareRequest(bus, 'chat.create', { userId, name });
  return { ...(data as Reply<'chat.create'>), userId };
}

describe('an end', () => {
  it('keeps everything that was answered, when the process is killed', async () => {
    await start();
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`chat ${i}`)));
    const [first] = made;
    if (!first) throw new Error('no chat was made');
    const joiner = randomUUID();
    const joined = await bareRequest(bus, 'chat.join', { userId: joiner, key: first.key });

    await service.end('SIGKILL');
    await start();

    const got = await bareRequest(bus, 'chat.get', { userId: joiner, chatId: first.chat.id });
    expect(got.data).toEqual({ chat: (joined.data as Reply<'chat.join'>).chat });
    for (const { chat, userId, key } of made) {
      const revealed = await bareRequest(bus, 'chat.key.reveal', { userId, chatId: chat.id });
      expect(revealed.data).toEqual({ key });
    }
  });

  it('is clean and quick, when SIGTERM asks for it', async () => {
    await start();
    await create();

    service.signal('SIGTERM');

    expect(await service.exited()).toBe(0);
    expect(existsSync(join(dataDir, 'chat.db-wal'))).toBe(false);
  });

  it('is followed by a scrub before any call is answered, when it came between the commit and the scrub', async () => {
    await start();
    const { chat, userId } = await create('Interrupted');
    const scanner = new PieceScanner();
    const database = new Database(join(dataDir, 'chat.db'));
    const row = database.prepare('SELECT wrapped_key, lookup FROM chat_keys').get() as Record<string, Buffer>;
    for (const [name, bytes] of Object.entries(row)) scanner.add(name, bytes);
    // A reader that holds the log keeps the scrub from being done.
    database.exec('BEGIN');
    database.prepare('SELECT * FROM chats').all();

    const answer = bareRequest(bus, 'chat.delete', { userId, chatId: chat.id }).catch(() => undefined);
    const onlooker = new Database(join(dataDir, 'chat.db'), { readonly: true });
    const destroyed = onlooker.prepare('SELECT count(*) FROM erasures').pluck();
    await eventually(() => destroyed.get() === 1, 'the chat is destroyed');
    await service.end('SIGKILL');
    const left = scanner.found(dataDir);
    onlooker.close();
    database.close();
    await start();

    expect(left).toEqual(new Set(['wrapped_key', 'lookup']));
    expect(scanner.found(dataDir)).toEqual(new Set());
    const again = await bareRequest(bus, 'chat.delete', { userId, chatId: chat.id });
    expect(again.data).toMatchObject({ memberIds: [userId] });
    await answer;
  });
});

describe('the log', () => {
  it('has each revealed key and each deletion by ids, once and without the key or the name', async () => {
    await start({ LOG_LEVEL: 'trace' });
    const deleted = await create('A name of its own');
    const left = await create('Another name');
    const [sessionId, stranger] = [randomUUID(), randomUUID()];
    const of = ({ userId, chat }: typeof deleted) => ({ userId, sessionId, chatId: chat.id });

    await bareRequest(bus, 'chat.key.reveal', of(deleted));
    await bareRequest(bus, 'chat.key.reveal', { ...of(deleted), userId: stranger });
    await bareRequest(bus, 'chat.delete', of(deleted));
    await bareRequest(bus, 'chat.delete', of(deleted));
    await bareRequest(bus, 'chat.leave', of(left));

    const events = service.log
      .split('\n')
      .filter((line) => line.includes('security event'))
      .map((line) => JSON.parse(line) as object);
    expect(events).toMatchObject([
      { event: 'key-revealed', level: 30, ...of(deleted) },
      { event: 'chat-deleted', level: 30, ...of(deleted) },
      { event: 'chat-deleted', level: 30, ...of(left) },
    ]);
    for (const secret of [deleted.key, left.key, 'name of its own', 'Another name'])
      expect(service.log).not.toContain(secret);
  });
});

describe('the master key file', () => {
  it('is created with mode 0600 and one line, when the service starts for the first time', async () => {
    await start();

    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(readFileSync(keyFile(), 'utf8')).toMatch(/^v1:[A-Za-z0-9+/]{43}=\n$/);
  });

  it('lies where MASTER_KEY_FILE says', async () => {
    const elsewhere = join(dataDir, '..', 'other.key');

    await start({ MASTER_KEY_FILE: elsewhere });

    expect([existsSync(elsewhere), existsSync(keyFile())]).toEqual([true, false]);
  });

  it('ends the start with one line that names it, when it is missing though there are chats', async () => {
    await start();
    const { chat, userId, key } = await create();
    await service.end('SIGTERM');
    renameSync(keyFile(), `${keyFile()}.away`);

    const [code, log] = await failedStart();
    const made = existsSync(keyFile());
    renameSync(`${keyFile()}.away`, keyFile());
    await start();

    expect([code, made]).toEqual([78, false]);
    expect(log).toMatch(/^secure-chat: MASTER_KEY_FILE [^\n]*\n$/);
    const revealed = await bareRequest(bus, 'chat.key.reveal', { userId, chatId: chat.id });
    expect(revealed.data).toEqual({ key });
  });

  it.each([
    ['another key of the same version', () => createMasterKeyLine(1)],
    ['nothing', () => ''],
  ])('ends the start with one line that names it, when it holds %s', async (_what, line) => {
    await start();
    await create();
    await service.end('SIGTERM');
    const text = line();
    writeFileSync(keyFile(), `${text}\n`, { mode: 0o600 });

    const [code, log] = await failedStart();

    expect(code).toBe(78);
    expect(log).toMatch(/^secure-chat: MASTER_KEY_FILE [^\n]*\n$/);
    expect(log).not.toContain(text.slice(3) || '\0');
  });

  it('wraps by the new version, also what the old one had wrapped, when a version was added', async () => {
    await start();
    const old = await create('Old');
    await service.end('SIGTERM');
    writeFileSync(keyFile(), `${readFileSync(keyFile(), 'utf8')}${createMasterKeyLine(2)}\n`);

    await start();
    const made = await create('New');

    for (const { chat, userId, key } of [made, old]) {
      await eventually(async () => {
        const { data } = await bareRequest(bus, 'chat.access', { userId, chatId: chat.id });
        return (data as Reply<'chat.access'>).keyVersion === 2;
      }, 'its key is wrapped by version 2');
      const joined = await bareRequest(bus, 'chat.join', { userId: randomUUID(), key });
      expect(joined.data).toMatchObject({ joined: true, chat: { id: chat.id, name: chat.name } });
    }
  });

  it('is created again, when it was lost before there was any chat', async () => {
    await start();
    await service.end('SIGTERM');
    rmSync(keyFile());

    await start();

    expect((await create('After')).chat.name).toBe('After');
  });
});

describe('a setting', () => {
  it.each([
    ['LOG_LEVEL', 'loud'],
    ['MASTER_KEY_FILE', '/'],
    ['DATA_DIR', '/dev/null/data'],
  ])('ends the start with code 78 and one line, when %s is %j', async (name, value) => {
    const [code, log] = await failedStart({ [name]: value });

    expect(code).toBe(78);
    expect(log).toMatch(new RegExp(`^secure-chat: ${name} [^\\n]*\\n$`));
  });

  it('ends the start, when the database is something else', async () => {
    await start();
    await service.end('SIGTERM');
    writeFileSync(join(dataDir, 'chat.db'), 'no database at all, but long enough to have a header');
    chmodSync(join(dataDir, 'chat.db'), 0o600);

    const [code, log] = await failedStart();

    expect(code).toBe(78);
    expect(log).toMatch(/^secure-chat: DATA_DIR [^\n]*chat\.db\n$/);
  });
});

describe('the log', () => {
  it('names the chat and nothing else of it, when its stored name does not open', async () => {
    await start({ LOG_LEVEL: 'trace' });
    const { chat, userId, key } = await create('Readable once');
    const other = await bareRequest(bus, 'chat.create', { userId, name: 'Whole' });
    const database = new Database(join(dataDir, 'chat.db'));
    database.prepare('UPDATE chats SET name_sealed = zeroblob(60) WHERE id = ?').run(chat.id);
    database.close();

    const listed = await bareRequest(bus, 'chat.list', { userId });

    const { chats } = listed.data as Reply<'chat.list'>;
    expect(new Map(chats.map(({ id, name }) => [id, name]))).toEqual(
      new Map([
        [chat.id, null],
        [(other.data as Reply<'chat.create'>).chat.id, 'Whole'],
      ]),
    );
    await eventually(() => service.log.includes(chat.id), 'the log names the chat');
    for (const secret of ['Readable once', 'Whole', key, readFileSync(keyFile(), 'utf8').slice(3, 46)])
      expect(service.log).not.toContain(secret);
  });
});
