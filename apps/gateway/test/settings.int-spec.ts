import { randomUUID } from 'node:crypto';
import { freePort, EdgeClient, ServiceProcess, Stack, temporaryFolder } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { password } = EdgeClient;
const ORIGINS = 'https://chat.example.org, http://localhost:1234';

describe('PUBLIC_ORIGIN with https', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ PUBLIC_ORIGIN: ORIGINS });
  });
  afterAll(() => stack.stop());

  it('sets Secure __Host- cookies and the HSTS header', async () => {
    const client = new EdgeClient(stack.url);

    const answer = await client.call('POST', '/auth/register', {
      username: `u-${randomUUID().slice(0, 8)}`,
      password,
    });

    const cookies = answer.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies)
      expect(cookie).toMatch(/^__Host-(sid|device)=.*; HttpOnly; Secure; SameSite=Strict$/i);
    expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
    expect((await client.call('GET', '/auth/me')).status).toBe(200);
  });

  it('accepts exactly the origins of the list, for HTTP and sockets', async () => {
    const client = await EdgeClient.signedUp(stack.url);
    const from = async (origin: string): Promise<number> =>
      (await client.call('POST', '/chats', {}, { origin })).status;

    expect(await from('https://chat.example.org')).toBe(201);
    expect(await from('http://localhost:1234')).toBe(201);
    expect(await from('https://chat.example.org:443')).toBe(403);
    expect(await from(stack.origin)).toBe(403);
    expect(await client.refusal({ origin: stack.origin })).toMatchObject({ code: 'ORIGIN_REFUSED' });
    const socket = await client.connect({ headers: { origin: 'https://chat.example.org' } });
    expect(socket.socket.connected).toBe(true);
    client.close();
  });
});

describe('the cookies of several origins', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ PUBLIC_ORIGIN: ORIGINS });
  });
  afterAll(() => stack.stop());

  const plain = { origin: 'http://localhost:1234' };

  it('are those of the request’s origin, and __Host-sid takes precedence', async () => {
    const [home, away] = [new EdgeClient(stack.url), new EdgeClient(stack.url)];
    const username = `u-${randomUUID().slice(0, 8)}`;
    const me = async (cookie: string): Promise<number> =>
      (await new EdgeClient(stack.url).call('GET', '/auth/me', undefined, { cookie })).status;

    const registered = await home.call('POST', '/auth/register', { username, password }, plain);
    await away.call('POST', '/auth/login', { username, password });

    for (const cookie of registered.headers.getSetCookie())
      expect(cookie).toMatch(/^(sid|device)-1234=(?!.*Secure).*; HttpOnly; SameSite=Strict$/);
    expect([...away.cookies.keys()].toSorted()).toEqual(['__Host-device', '__Host-sid']);
    expect(await me(home.cookie)).toBe(200);
    expect(await me(`${home.cookie}; ${away.cookie}`)).toBe(200);
    expect(await me(`${home.cookie}; __Host-sid=${'A'.repeat(43)}`)).toBe(401);
    expect(await me(`sid=${home.token}`)).toBe(401);
    const changed = await home.call(
      'PUT',
      '/auth/password',
      { currentPassword: password, newPassword: `${password}!` },
      plain,
    );
    expect(changed.headers.getSetCookie()).toEqual([expect.stringMatching(/^sid-1234=/)]);
    expect((await home.call('GET', '/auth/me')).status).toBe(200);
    expect(await me(away.cookie)).toBe(401);
  });
});

describe('REGISTRATION=closed', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ REGISTRATION: 'closed' });
  });
  afterAll(() => stack.stop());

  it('answers REGISTRATION_CLOSED to a valid registration, and VALIDATION_FAILED to an invalid one', async () => {
    const register = async (body: unknown): Promise<unknown> =>
      (await new EdgeClient(stack.url).call('POST', '/auth/register', body)).body['code'];

    expect(await register({ username: 'somebody', password })).toBe('REGISTRATION_CLOSED');
    expect(await register({ username: 'x', password })).toBe('VALIDATION_FAILED');
  });
});

describe('an invalid setting', () => {
  it.each([
    ['gateway', { PORT: '99999' }, 'PORT'],
    ['gateway', { PORT: '6000' }, 'PORT'],
    ['gateway', { PUBLIC_ORIGIN: 'http://chat.example:6000' }, 'PUBLIC_ORIGIN'],
    ['gateway', { PUBLIC_ORIGIN: 'not an origin' }, 'PUBLIC_ORIGIN'],
    ['auth', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    ['auth', { DATA_DIR: '/dev/null/nowhere' }, 'DATA_DIR'],
    ['chat', { NATS_URL: 'gopher://x' }, 'NATS_URL'],
    ['chat', { NATS_CREDS_FILE: '/no/such/file' }, 'NATS_CREDS_FILE'],
  ] as const)(
    'ends the start of %s with %o, with one line that names the setting',
    async (service, settings, name) => {
      const folder = temporaryFolder();
      const process = new ServiceProcess(service, {
        DATA_DIR: folder.path,
        PORT: String(await freePort()),
        ...settings,
      });

      process.start();
      const code = await process.exited();
      folder.remove();

      expect(code).toBe(78);
      expect(process.log.trim().split('\n')).toEqual([
        expect.stringMatching(new RegExp(`^secure-chat: ${name} `)) as string,
      ]);
    },
  );
});

describe('a database file that is not a database', () => {
  it('ends the start with a line that names the file, and stays unchanged', async () => {
    const { readFileSync, writeFileSync } = await import('node:fs');
    const folder = temporaryFolder();
    const file = `${folder.path}/auth.db`;
    writeFileSync(file, 'this was a database once');
    const process = new ServiceProcess('auth', { DATA_DIR: folder.path });

    process.start();
    const code = await process.exited();

    expect(code).toBe(78);
    expect(process.log).toContain('auth.db');
    expect(readFileSync(file, 'utf8')).toBe('this was a database once');
    folder.remove();
  });
});
