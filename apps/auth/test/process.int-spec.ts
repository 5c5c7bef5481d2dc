import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Reply } from '@app/contracts/bus';
import {
  bareRequest,
  eventually,
  NatsServerUnderTest,
  ServiceProcess,
  temporaryFolder,
  type BareReply,
} from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aName, digestOf, PASSWORD } from './auth-under-test.js';

/** How long a start may take on a machine that does much else, in milliseconds. */
const START_LIMIT_MS = 30_000;
vi.setConfig({ testTimeout: 90_000 });

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

const ask = (subject: string, body: unknown): Promise<BareReply> => bareRequest(bus, subject, body);

/** Starts the built service; `npx nest build auth` must have run. */
async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  service = new ServiceProcess('auth', { DATA_DIR: dataDir, NATS_URL: nats.url, ...settings });
  service.start();
  await eventually(
    async () => !service.running || (await ask('auth.health', {})).data !== undefined,
    'the service answers',
    START_LIMIT_MS,
  );
  if (!service.running) throw new Error(`the service ended at its start: ${service.log}`);
}

async function register(username = aName()): Promise<Reply<'auth.register'>> {
  const { data } = await ask('auth.register', { username, password: PASSWORD });
  return data as Reply<'auth.register'>;
}

describe('an end', () => {
  it('keeps everything that was answered, when the process is killed', async () => {
    await start();
    const made = [await register(), await register()];
    const [first, second] = made as [Reply<'auth.register'>, Reply<'auth.register'>];
    await ask('auth.logout', { digest: digestOf(first) });

    await service.end('SIGKILL');
    await start();

    expect((await ask('auth.session.verify', { digest: digestOf(second) })).data).toMatchObject({
      user: second.user,
    });
    expect((await ask('auth.session.verify', { digest: digestOf(first) })).error?.code).toBe(
      'UNAUTHENTICATED',
    );
    expect((await ask('auth.users.get', { ids: [first.user.id] })).data).toEqual({ users: [first.user] });
  });

  it('is clean and quick, when SIGTERM comes while many log in', async () => {
    await start();
    const { user } = await register();
    const many = Array.from({ length: 10 }, () =>
      ask('auth.login', { username: user.username, password: PASSWORD }).catch(() => undefined),
    );
    await ask('auth.health', {});

    service.signal('SIGTERM');

    expect(await service.exited()).toBe(0);
    expect(existsSync(join(dataDir, 'auth.db-wal'))).toBe(false);
    await Promise.all(many);
  });

  it('is followed by a scrub before any call is answered, when it came between the commit and the scrub', async () => {
    await start();
    const { user } = await register();
    const database = new Database(join(dataDir, 'auth.db'));
    const hash = database.prepare('SELECT password_hash FROM users').pluck().get() as string;
    const held = (): boolean =>
      readdirSync(dataDir).some((name) => readFileSync(join(dataDir, name)).includes(hash.slice(-43)));
    // A reader that holds the log keeps the scrub from being done.
    database.exec('BEGIN');
    database.prepare('SELECT * FROM users').all();

    const answer = ask('auth.account.delete', { userId: user.id, password: PASSWORD }).catch(() => undefined);
    const onlooker = new Database(join(dataDir, 'auth.db'), { readonly: true });
    const left = onlooker.prepare('SELECT count(*) FROM users').pluck();
    await eventually(() => left.get() === 0, 'the account is deleted');
    await service.end('SIGKILL');
    const before = held();
    onlooker.close();
    database.close();
    await start();

    expect(before).toBe(true);
    expect(held()).toBe(false);
    await answer;
  });
});

describe('what is left on the disk and in the log', () => {
  it('has no password, token or name in any form at level trace, and each security event by ids', async () => {
    await start({ LOG_LEVEL: 'trace' });
    const of = await register();
    const login = (password: string, username = of.user.username): Promise<BareReply> =>
      ask('auth.login', { username, password });
    await login('a wrong password');
    await login('typed in the wrong field', 'typed in the wrong field');
    const second = (await login(PASSWORD)).data as Reply<'auth.login'>;
    const changed = (
      await ask('auth.password.change', {
        digest: digestOf(second),
        currentPassword: PASSWORD,
        newPassword: 'another fine one',
      })
    ).data as Reply<'auth.password.change'>;
    await ask('auth.password.change', { digest: digestOf(changed), currentPassword: 'no', newPassword: 'x' });
    await ask('auth.register', { username: of.user.username, password: PASSWORD, surplus: PASSWORD });

    await service.end('SIGTERM');

    const secrets = [
      ...[PASSWORD, 'a wrong password', 'typed in the wrong field', 'another fine one'].map((text) =>
        Buffer.from(text),
      ),
      ...[of, second, changed].map(({ session }) => Buffer.from(session.token, 'base64url')),
    ];
    const places = new Map(readdirSync(dataDir).map((name) => [name, readFileSync(join(dataDir, name))]));
    places.set('log', Buffer.from(service.log));
    for (const [name, bytes] of places)
      for (const secret of secrets)
        for (const form of [
          secret,
          ...(['hex', 'base64', 'base64url'] as const).map((kind) =>
            secret.toString(kind).replace(/=+$/, ''),
          ),
        ])
          expect(bytes.includes(form), name).toBe(false);
    expect(service.log).not.toContain(of.user.username);
    const events = service.log
      .split('\n')
      .filter((line) => line.includes('security event'))
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['registered', 'login-failed', 'login-failed', 'logged-in', 'password-changed']);
  });

  it('is readable by its owner only', async () => {
    await start();

    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dataDir)) expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0);
  });
});

describe('a setting that cannot be used', () => {
  it.each([
    ['LOG_LEVEL', 'loud'],
    ['NATS_URL', 'not a url'],
    ['NATS_CREDS_FILE', '/nowhere/at/all'],
    ['DATA_DIR', '/proc/nowhere'],
  ])('ends the start with exit code 78 and one line that names it: %s', async (name, value) => {
    service = new ServiceProcess('auth', { DATA_DIR: dataDir, NATS_URL: nats.url, [name]: value });
    service.start();

    expect(await service.exited()).toBe(78);
    expect(service.log).toMatch(new RegExp(`^secure-chat: ${name} [^\\n]*\\n$`));
  });
});
