import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack } from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { password } = EdgeClient;
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack.stop());

const fresh = (): string => `u-${randomUUID().slice(0, 12)}`;
/** Opens auth's database beside the running service. */
function inAuth(work: (db: Database.Database) => unknown): void {
  const db = new Database(join(stack.dataDir, 'auth.db'));
  try {
    db.pragma('foreign_keys = ON');
    work(db);
  } finally {
    db.close();
  }
}

const someone = (): Promise<EdgeClient> => EdgeClient.signedUp(stack.url);

describe('POST /auth/register', () => {
  it('returns the user and sets a session cookie of 256 bits with HttpOnly, SameSite=Strict and Path=/', async () => {
    const client = new EdgeClient(stack.url);
    const username = fresh();

    const answer = await client.call('POST', '/auth/register', { username, password });

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      user: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        username,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      },
    });
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith(`sid-${stack.port}=`)) ?? '';
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Strict/i);
    expect(cookie).toMatch(/; Path=\//i);
    expect(cookie).not.toMatch(/Secure/i);
    expect(Buffer.from(client.token ?? '', 'base64url')).toHaveLength(32);
  });

  it('is USERNAME_TAKEN for a username that differs from another only in case', async () => {
    const username = fresh();
    await EdgeClient.signedUp(stack.url, username);

    const answer = await new EdgeClient(stack.url).call('POST', '/auth/register', {
      username: username.toUpperCase(),
      password,
    });

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'USERNAME_TAKEN', status: 409 });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    ['a name of two characters', { username: 'ab', password }, 'username'],
    ['a name of 33 characters', { username: 'a'.repeat(33), password }, 'username'],
    ['a name that ends with a dot', { username: 'abc.', password }, 'username'],
    ['a name with white space around it', { username: ' abcd ', password }, 'username'],
    ['a name with other letters', { username: 'grün', password }, 'username'],
    ['a number as name', { username: 12345, password }, 'username'],
    ['no name', { password }, 'username'],
    ['a password of 7 characters', { username: 'fine-name', password: 'a1b2c3d' }, 'password'],
    ['a password of 129 characters', { username: 'fine-name', password: 'ä'.repeat(129) }, 'password'],
    [
      'a password that is the name in another case',
      { username: 'Some-Longer-Name', password: 'some-longer-name' },
      'password',
    ],
    ['one of the most common passwords', { username: 'fine-name', password: 'Password123' }, 'password'],
    ['a null password', { username: 'fine-name', password: null }, 'password'],
    ['an unknown property', { username: 'fine-name', password, admin: true }, 'admin'],
  ])('is VALIDATION_FAILED for %s, and names the field', async (_what, body, field) => {
    const answer = await new EdgeClient(stack.url).call('POST', '/auth/register', body);

    expect(answer.status).toBe(400);
    expect(answer.body['code']).toBe('VALIDATION_FAILED');
    expect(answer.body['errors']).toEqual([{ field, message: expect.any(String) as string }]);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  it('accepts a password of 8 code points outside the Basic Multilingual Plane', async () => {
    const answer = await new EdgeClient(stack.url).call('POST', '/auth/register', {
      username: fresh(),
      password: '🔑🐎🔋📎🌵🪐🧊🎈',
    });

    expect(answer.status).toBe(201);
  });
});

describe('POST /auth/login', () => {
  it('accepts the username in any case and the password in any Unicode normalization form', async () => {
    const username = `Name-${randomUUID().slice(0, 8)}`;
    const composed = 'ein schönes Kätzchen';
    await new EdgeClient(stack.url).call('POST', '/auth/register', { username, password: composed });

    const answer = await new EdgeClient(stack.url).call('POST', '/auth/login', {
      username: username.toLowerCase(),
      password: composed.normalize('NFD'),
    });

    expect(answer.status).toBe(200);
    expect(answer.body['user']).toMatchObject({ username });
  });

  it('gives the same answer to an unknown username, an invalid username and a wrong password', async () => {
    const { user } = await someone();
    const login = async (username: string): Promise<unknown> => {
      const { status, body } = await new EdgeClient(stack.url).call('POST', '/auth/login', {
        username,
        password: 'a wrong password',
      });
      const { requestId: _, ...rest } = body;
      return { status, ...rest };
    };

    const answers = [
      await login(user?.username ?? ''),
      await login(fresh()),
      await login('…'),
      await login(''),
      await login('x'.repeat(3_000)),
    ];

    expect(answers[0]).toMatchObject({ status: 401, code: 'INVALID_CREDENTIALS' });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});

describe('sessions', () => {
  it('GET /auth/me returns the user, and is UNAUTHENTICATED without a session', async () => {
    const client = await someone();

    expect((await client.call('GET', '/auth/me')).body).toEqual({ user: client.user });
    expect((await new EdgeClient(stack.url).call('GET', '/auth/me')).body).toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
    });
  });

  it('POST /auth/logout ends the session, emits session:ended to its sockets and closes them within a second', async () => {
    const client = await someone();
    const socket = await client.connect();
    const { cookie } = client;

    const answer = await client.call('POST', '/auth/logout');

    expect(answer.status).toBe(204);
    await EdgeClient.disconnected(socket, 1_000);
    expect(socket.of('session:ended')).toEqual([{ reason: 'logged-out' }]);
    expect((await client.call('GET', '/auth/me', undefined, { cookie })).status).toBe(401);
  });

  it('GET /auth/sessions lists the sessions and marks the current one, DELETE ends one and closes its sockets', async () => {
    const first = await someone();
    const second = new EdgeClient(stack.url);
    await second.call(
      'POST',
      '/auth/login',
      { username: first.user?.username, password },
      { 'user-agent': 'Second/1.0' },
    );
    const socket = await second.connect();

    const { body } = await first.call('GET', '/auth/sessions');
    const sessions = body['sessions'] as { id: string; current: boolean; userAgent: string }[];
    const other = sessions.find((session) => !session.current);
    const answer = await first.call('DELETE', `/auth/sessions/${other?.id}`);

    expect(sessions).toHaveLength(2);
    expect(other?.userAgent).toBe('Second/1.0');
    expect(answer.status).toBe(204);
    await EdgeClient.disconnected(socket, 1_000);
    expect(socket.of('session:ended')).toEqual([{ reason: 'revoked' }]);
    expect((await second.call('GET', '/auth/me')).status).toBe(401);
    expect((await first.call('GET', '/auth/me')).status).toBe(200);
  });

  it('the 101st session of a user ends the oldest one as revoked, and closes its sockets within a second', async () => {
    const first = await someone();
    const { user } = first;
    const socket = await first.connect();
    inAuth((db) => {
      const insert = db.prepare(
        'INSERT INTO sessions (id, user_id, digest, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?)',
      );
      for (let i = 0; i < LIMITS.sessionsPerUser - 1; i++)
        insert.run(randomUUID(), first.id, randomUUID(), Date.now(), Date.now());
    });
    const last = new EdgeClient(stack.url);

    const answer = await last.call('POST', '/auth/login', { username: user?.username, password });

    expect(answer.status).toBe(200);
    await EdgeClient.disconnected(socket, 1_000);
    expect(socket.of('session:ended')).toEqual([{ reason: 'revoked' }]);
    expect((await first.call('GET', '/auth/me')).status).toBe(401);
    const { body } = await last.call('GET', '/auth/sessions');
    expect(body['sessions']).toHaveLength(LIMITS.sessionsPerUser);
  });

  it.each(['NO', randomUUID().toUpperCase(), randomUUID().replaceAll('-', ''), `{${randomUUID()}}`])(
    'DELETE /auth/sessions/%s is VALIDATION_FAILED: it is not a UUID in lower case',
    async (id) => {
      const client = await someone();

      expect((await client.call('DELETE', `/auth/sessions/${encodeURIComponent(id)}`)).body).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ field: 'id' }],
      });
    },
  );

  it('DELETE of another user’s session is NOT_FOUND and ends nothing', async () => {
    const [mine, other] = await Promise.all([someone(), someone()]);
    const { body } = await other.call('GET', '/auth/sessions');
    const [session] = body['sessions'] as { id: string }[];

    const answer = await mine.call('DELETE', `/auth/sessions/${session?.id}`);

    expect(answer.body).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect((await other.call('GET', '/auth/me')).status).toBe(200);
  });

  it('PUT /auth/password renews the cookie of this session and ends all others', async () => {
    const first = await someone();
    const second = new EdgeClient(stack.url);
    await second.call('POST', '/auth/login', { username: first.user?.username, password });
    const socket = await second.connect();
    const before = first.cookie;
    const own = await first.connect();

    const wrong = await first.call('PUT', '/auth/password', {
      currentPassword: 'wrong wrong',
      newPassword: 'another fine one',
    });
    const answer = await first.call('PUT', '/auth/password', {
      currentPassword: password,
      newPassword: 'another fine one',
    });

    expect(wrong.body).toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401 });
    expect(answer.status).toBe(204);
    expect(first.cookie).not.toBe(before);
    expect((await first.call('GET', '/auth/me')).status).toBe(200);
    expect((await first.call('GET', '/auth/me', undefined, { cookie: before })).status).toBe(401);
    expect((await second.call('GET', '/auth/me')).status).toBe(401);
    await EdgeClient.disconnected(socket, 1_000);
    expect(socket.of('session:ended')).toEqual([{ reason: 'password-changed' }]);
    expect(own.of('session:ended')).toEqual([]);
    expect(own.socket.connected).toBe(true);
    first.close();
    const login = (word: string): Promise<{ status: number }> =>
      new EdgeClient(stack.url).call('POST', '/auth/login', {
        username: first.user?.username,
        password: word,
      });
    expect((await login(password)).status).toBe(401);
    expect((await login('another fine one')).status).toBe(200);
  });
});

describe('GET /auth/activity', () => {
  it('lists the user’s security events, newest first', async () => {
    const client = await someone();
    const other = new EdgeClient(stack.url);
    await other.call('POST', '/auth/login', { username: client.user?.username, password: 'wrong wrong' });
    await other.call('POST', '/auth/login', { username: client.user?.username, password });
    await other.call('POST', '/auth/logout');
    const { chat } = await client.createChat();
    await client.call('GET', `/chats/${chat.id}/key`);
    await client.call('DELETE', `/chats/${chat.id}`);

    const { body } = await client.call('GET', '/auth/activity');

    const events = body['events'] as { type: string; at: string; sessionId: string | null }[];
    expect(events.map(({ type }) => type)).toEqual([
      'chat-deleted',
      'key-revealed',
      'logged-out',
      'logged-in',
      'login-failed',
      'registered',
    ]);
    expect(events.map(({ at }) => at)).toEqual(
      events
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
  });
});

describe('GET /auth/export', () => {
  it('returns every message that the user may read', async () => {
    const [ann, bob] = await Promise.all([someone(), someone()]);
    const { chat, key } = await ann.createChat('Exported');
    await bob.join(key);
    for (let i = 0; i < 205; i++) await (i % 2 ? ann : bob).send(chat.id, `text ${i}`);

    const { status, body } = await bob.call('GET', '/auth/export');

    expect(status).toBe(200);
    expect(body['user']).toEqual(bob.user);
    const [exported] = body['chats'] as {
      chat: { name: string };
      messages: { text: string; seq: number }[];
    }[];
    expect(exported?.chat.name).toBe('Exported');
    expect(exported?.messages.map(({ text }) => text)).toEqual(
      Array.from({ length: 205 }, (_, i) => `text ${i}`),
    );
  });
});

describe('DELETE /auth/account', () => {
  it('is INVALID_CREDENTIALS for a wrong password, and keeps the account', async () => {
    const client = await someone();

    const answer = await client.call('DELETE', '/auth/account', { password: 'wrong wrong' });

    expect(answer.body).toMatchObject({ code: 'INVALID_CREDENTIALS', status: 401 });
    expect((await client.call('GET', '/auth/me')).status).toBe(200);
  });

  it('is UNAUTHENTICATED for a repeat after a deletion whose answer was lost', async () => {
    const client = await someone();
    // The gateway has cached the session, and gets no event of the deletion.
    expect((await client.call('GET', '/auth/me')).status).toBe(200);
    inAuth((db) => db.prepare('DELETE FROM users WHERE id = ?').run(client.id));

    const repeated = await client.call('DELETE', '/auth/account', { password });

    expect(repeated.body).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
  });

  it('ends every session, erases the user’s messages, leaves every chat, and frees the username', async () => {
    const [ann, bob] = await Promise.all([someone(), someone()]);
    const { chat, key } = await ann.createChat();
    await bob.join(key);
    await ann.send(chat.id, 'from the deleted user');
    await bob.send(chat.id, 'from the other member');
    const alone = await ann.createChat();
    const [annSocket, bobSocket] = [await ann.connect(), await bob.connect()];

    const answer = await ann.call('DELETE', '/auth/account', { password });

    expect(answer.status).toBe(204);
    await EdgeClient.disconnected(annSocket, 1_000);
    expect(annSocket.of('session:ended')).toEqual([{ reason: 'account-deleted' }]);
    const messages = await eventually(
      async () => {
        const page = await bob.page(chat.id);
        return page.messages[0]?.deletedAt ? page.messages : undefined;
      },
      'the messages of the deleted user are erased',
      10_000,
    );
    expect(messages.map(({ text }) => text)).toEqual([null, 'from the other member']);
    const left = await eventually(async () => {
      const { body } = await bob.call('GET', `/chats/${chat.id}`);
      const seen = body['chat'] as { members: unknown[]; formerMembers: { username: string | null }[] };
      return seen.members.length === 1 && seen.formerMembers[0]?.username === null ? seen : undefined;
    }, 'the deleted user is a former member without a username');
    expect(left.formerMembers).toMatchObject([{ id: ann.id, username: null }]);
    expect(bobSocket.of('chat:member-left')).toEqual([{ chatId: chat.id, userId: ann.id }]);
    expect(bobSocket.of('message:deleted')).toEqual([]);
    expect((await bob.call('POST', '/chats/join', { key: alone.key })).body).toMatchObject({
      code: 'CHAT_NOT_FOUND',
    });
    const again = await new EdgeClient(stack.url).call('POST', '/auth/register', {
      username: ann.user?.username,
      password,
    });
    expect(again.status).toBe(201);
  });
});
