import { randomUUID } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { sqliteHandle } from '@app/platform';
import { eventually } from '@app/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FairSemaphore } from '../src/passwords/fair-semaphore.js';
import { Registration } from '../src/accounts/register.js';
import { aName, AuthUnderTest, digestOf, PASSWORD } from './auth-under-test.js';

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await AuthUnderTest.start();
});
afterAll(() => auth.stop());

const storedHash = (userId: string): string =>
  auth.inside(
    (db) => db.prepare('SELECT password_hash FROM users WHERE id = ?').pluck().get(userId) as string,
  );
const activityOf = async (userId: string): Promise<string[]> =>
  (await auth.get('auth.activity.list', { userId })).events.map(({ type }) => type);

describe('the container', () => {
  it("injects a use case's dependencies", () => {
    expect(auth.app.get(Registration, { strict: false })).toBeInstanceOf(Registration);
  });
});

describe('auth.register', () => {
  it("creates an account under the name as given, with a first session and a hash after OWASP's parameters", async () => {
    const username = `Mixed.Case_${randomUUID().slice(0, 4)}`;

    const { user, session } = await auth.get('auth.register', {
      username,
      password: PASSWORD,
      userAgent: 'Some',
    });

    expect(user.username).toBe(username);
    expect(Buffer.from(session.token, 'base64url')).toHaveLength(32);
    expect(storedHash(user.id)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await auth.get('auth.activity.list', { userId: user.id })).events).toEqual([
      { at: expect.any(String) as string, type: 'registered', sessionId: session.id, detail: 'Some' },
    ]);
  });

  it('rejects a name that is taken in another case', async () => {
    const { user } = await auth.register();

    expect(
      await auth.refusal('auth.register', { username: user.username.toUpperCase(), password: PASSWORD }),
    ).toBe('USERNAME_TAKEN');
  });

  it('registers one of two users who take the same name at once', async () => {
    const username = aName();

    const replies = await Promise.all(
      [username, username.toUpperCase()].map((name) =>
        auth.ask('auth.register', { username: name, password: PASSWORD }),
      ),
    );

    expect(replies.filter(({ data }) => data !== undefined)).toHaveLength(1);
    expect(replies.find(({ error }) => error)?.error?.code).toBe('USERNAME_TAKEN');
  });

  it.each([
    ['is the username in another case', 'SomeBody-1', 'somebody-1'],
    ['is the username in another width', 'SomeBody-2', 'ｓｏｍｅｂｏｄｙ－２'],
    ['is a common one in another case', 'SomeBody-3', 'PassWord1'],
    ['has lone surrogates', 'SomeBody-4', '\ud800 and seven more'],
  ])('refuses a password, naming it, when it %s', async (_what, username, password) => {
    const { error } = await auth.ask('auth.register', { username, password });

    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'password' }] });
    expect(
      auth.inside((db) => db.prepare('SELECT 1 FROM users WHERE username = ?').get(username)),
    ).toBeUndefined();
  });

  it('accepts 8 to 128 characters beyond the basic plane, counted after NFKC', async () => {
    const username = aName();

    expect(await auth.refusal('auth.register', { username, password: '🐈'.repeat(7) })).toBe(
      'VALIDATION_FAILED',
    );
    expect(await auth.refusal('auth.register', { username, password: '🐈'.repeat(129) })).toBe(
      'VALIDATION_FAILED',
    );
    // One character that NFKC makes 18 of.
    expect((await auth.register(aName(), 'ﷺ')).user).toBeDefined();
    const { user } = await auth.register(username, '🐈'.repeat(128));
    expect((await auth.login(user.username, '🐈'.repeat(128))).user).toEqual(user);
  });
});

describe('auth.login', () => {
  it('accepts the name in any case and the password in any Unicode form, and creates another session', async () => {
    const { user, session } = await auth.register(aName(), 'Kätzchen auf Möbeln');

    const again = await auth.login(user.username.toUpperCase(), 'Kätzchen auf Möbeln'.normalize('NFD'));

    expect(again.user).toEqual(user);
    expect(again.session.token).not.toBe(session.token);
    expect(await activityOf(user.id)).toEqual(['logged-in', 'registered']);
  });

  it('gives the same answer for a wrong password, an unknown name and an impossible name', async () => {
    const { user } = await auth.register(`k${aName()}`);
    const login = (username: string, password: string): Promise<unknown> =>
      auth.ask('auth.login', { username, password });

    const wrong = await login(user.username, 'wrong wrong');

    expect(wrong).toMatchObject({ error: { code: 'INVALID_CREDENTIALS' } });
    for (const name of [aName(), '', '…', 'x'.repeat(3000), `\u212a${user.username.slice(1)}`])
      expect(await login(name, PASSWORD), name).toEqual(wrong);
    for (const password of ['', 'x'.repeat(3000), PASSWORD.padEnd(1025, ' ')])
      expect(await login(user.username, password)).toEqual(wrong);
  });

  it('hashes once in every failure: as much work for an unknown name as for a wrong password', async () => {
    const { user } = await auth.register();
    const hashes = vi.spyOn(FairSemaphore.prototype, 'run');
    const hashesOf = async (username: string, password: string): Promise<number> => {
      hashes.mockClear();
      await auth.ask('auth.login', { username, password });
      return hashes.mock.calls.length;
    };

    try {
      expect(await hashesOf(user.username, PASSWORD)).toBe(1);
      expect(await hashesOf(user.username, 'wrong wrong')).toBe(1);
      for (const name of [aName(), '', '…', 'x'.repeat(3000)]) expect(await hashesOf(name, PASSWORD)).toBe(1);
    } finally {
      hashes.mockRestore();
    }
  });

  it('does the same work after the answer whether the name exists or not, so that the next answer is no later', async () => {
    const { user } = await auth.register();
    const source = auth.app.get(DataSource, { strict: false });
    const { logger } = source;
    let statements: string[] = [];
    const nothing = (): void => undefined;
    source.logger = {
      logQuery: (text) => statements.push(text),
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
    // Transactions are begun and ended on the connection itself.
    const ends = vi.spyOn(sqliteHandle(source), 'exec');
    const workOf = async (username: string): Promise<string[]> => {
      statements = [];
      ends.mockClear();
      await auth.ask('auth.login', { username, password: 'wrong wrong', userAgent: 'Some' });
      await eventually(() => ends.mock.calls.some(([text]) => text === 'COMMIT'), 'the failure is noted');
      return statements;
    };

    try {
      // Once before, so that both meet the same browser's earlier failure.
      const names = [user.username, aName()] as const;
      for (const name of names) await workOf(name);
      const [known, unknown] = [await workOf(names[0]), await workOf(names[1])];

      expect(known).toEqual(unknown);
      expect(known.length).toBeGreaterThan(5);
    } finally {
      ends.mockRestore();
      source.logger = logger;
    }
  });

  it('records a failed log-in in the activity of the account, with the browser and no session', async () => {
    const { user } = await auth.register();

    await auth.ask('auth.login', { username: user.username, password: 'wrong wrong', userAgent: 'Other' });

    const { events } = await auth.get('auth.activity.list', { userId: user.id });
    expect(events[0]).toMatchObject({ type: 'login-failed', sessionId: null, detail: 'Other' });
  });

  it('logs in several at once and renews the hash, when the parameters have changed', async () => {
    const { user } = await auth.register();
    const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    auth.inside((db) => db.prepare('UPDATE users SET password_hash = ? WHERE id = ?').run(old, user.id));

    const all = await Promise.all([1, 2, 3].map(() => auth.login(user.username)));

    expect(new Set(all.map(({ session }) => session.id)).size).toBe(3);
    expect(storedHash(user.id)).toMatch(/m=19456,t=2,p=1\$/);
    expect((await auth.login(user.username)).user).toEqual(user);
  });
});

describe('auth.password.change', () => {
  const change = (of: Parameters<typeof digestOf>[0], currentPassword: string, newPassword: string) =>
    auth.ask('auth.password.change', { digest: digestOf(of), currentPassword, newPassword });

  it('ends every other session with an event, and gives the current one a new token', async () => {
    const first = await auth.register();
    const second = await auth.login(first.user.username);
    const heard = await auth.hear('event.session.ended');

    const changed = await auth.get('auth.password.change', {
      digest: digestOf(first),
      currentPassword: PASSWORD,
      newPassword: 'another fine one',
    });

    await expect
      .poll(() => heard)
      .toEqual([
        {
          userId: first.user.id,
          sessionId: second.session.id,
          reason: 'password-changed',
          at: expect.any(String) as string,
        },
      ]);
    expect(changed).toMatchObject({
      session: { id: first.session.id },
      endedSessionIds: [second.session.id],
    });
    expect([await auth.sessionRefusal(first), await auth.sessionRefusal(second)]).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ]);
    expect(await auth.sessionRefusal(changed)).toBeUndefined();
    expect(await auth.refusal('auth.login', { username: first.user.username, password: PASSWORD })).toBe(
      'INVALID_CREDENTIALS',
    );
    expect((await auth.login(first.user.username, 'another fine one')).user).toEqual(first.user);
    expect((await activityOf(first.user.id)).slice(0, 3)).toEqual([
      'logged-in',
      'login-failed',
      'password-changed',
    ]);
  });

  it('checks the session first, then the current password, then the new one', async () => {
    const of = await auth.register();
    const nobody = { session: { token: 'none' } };

    expect((await change(nobody, 'wrong wrong', 'password123')).error?.code).toBe('UNAUTHENTICATED');
    expect((await change(of, 'wrong wrong', 'password123')).error?.code).toBe('INVALID_CREDENTIALS');
    expect((await change(of, PASSWORD, 'password123')).error).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'newPassword' }],
    });
    expect((await change(of, PASSWORD, of.user.username.toUpperCase())).error).toMatchObject({
      errors: [{ field: 'newPassword' }],
    });
    expect((await auth.login(of.user.username)).user).toEqual(of.user);
  });

  it('changes nothing, when the session is revoked while the passwords are hashed', async () => {
    const of = await auth.register();

    const changing = change(of, PASSWORD, 'another fine one');
    await auth.get('auth.session.revoke', { userId: of.user.id, sessionId: of.session.id });

    expect((await changing).error?.code).toBe('UNAUTHENTICATED');
    expect((await auth.login(of.user.username)).user).toEqual(of.user);
  });

  it('succeeds for one of two at once', async () => {
    const of = await auth.register();

    const replies = await Promise.all([
      change(of, PASSWORD, 'one of the new ones'),
      change(of, PASSWORD, 'the other new one'),
    ]);

    expect(replies.filter(({ data }) => data !== undefined)).toHaveLength(1);
  });
});

describe('auth.users.get', () => {
  it('returns the users with these ids and leaves unknown ones out', async () => {
    const [one, other] = [await auth.register(), await auth.register()];

    const { users } = await auth.get('auth.users.get', { ids: [one.user.id, randomUUID(), other.user.id] });

    expect(users).toHaveLength(2);
    expect(users).toEqual(expect.arrayContaining([one.user, other.user]));
    expect((await auth.get('auth.users.get', { ids: [] })).users).toEqual([]);
  });
});

describe('auth.activity.list', () => {
  const failFrom = async (username: string, userAgent: string): Promise<void> => {
    await auth.ask('auth.login', { username, password: 'wrong wrong', userAgent });
  };

  it('keeps the latest 200 of each user, newest first', async () => {
    const { user } = await auth.register();
    auth.inside((db) => {
      const insert = db.prepare("INSERT INTO activity (user_id, at, type) VALUES (?, 1, 'logged-out')");
      for (let i = 0; i < 198; i++) insert.run(user.id);
    });

    for (let i = 0; i < 3; i++) await auth.login(user.username);

    const types = await activityOf(user.id);
    expect([types.length, types[0], types[3], types.at(-1)]).toEqual([
      200,
      'logged-in',
      'logged-out',
      'registered',
    ]);
    const rows = auth.inside((db) =>
      db.prepare('SELECT count(*) FROM activity WHERE user_id = ?').pluck().get(user.id),
    );
    expect(rows).toBe(200);
  });

  it('is not evicted by strangers: their failed log-ins share an event where they are alike, and have a quota', async () => {
    const { user } = await auth.register();
    auth.inside((db) => {
      const insert = db.prepare(
        "INSERT INTO activity (user_id, at, type, detail) VALUES (?, 1, 'login-failed', ?)",
      );
      for (let i = 0; i < 190; i++) insert.run(user.id, `agent ${i}`);
    });

    await failFrom(user.username, 'agent 3');
    await failFrom(user.username, 'another');
    await failFrom(user.username, 'another');

    const { events } = await auth.get('auth.activity.list', { userId: user.id });
    expect(events).toHaveLength(51);
    expect(events[0]).toMatchObject({ type: 'login-failed', detail: 'another (2 times)' });
    expect(events[1]).toMatchObject({ type: 'login-failed', detail: 'agent 3 (2 times)' });
    expect(events.at(-1)).toMatchObject({ type: 'registered' });
  });

  it.each(['by the operator', 'By the operator', ' by a reset link', '"by the operator'])(
    'shows a browser that calls itself %j as a browser',
    async (userAgent) => {
      const { user } = await auth.register();

      await failFrom(user.username, userAgent);

      const { events } = await auth.get('auth.activity.list', { userId: user.id });
      expect(events[0]).toMatchObject({ type: 'login-failed', detail: `“${userAgent}”` });
    },
  );

  it('records a wrong current password with its session, and a wrong password at the deletion', async () => {
    const of = await auth.register();

    await auth.ask('auth.password.change', {
      digest: digestOf(of),
      currentPassword: 'wrong wrong',
      newPassword: 'another fine one',
    });
    await auth.ask('auth.account.delete', { userId: of.user.id, password: 'wrong wrong' });

    const { events } = await auth.get('auth.activity.list', { userId: of.user.id });
    expect(events).toMatchObject([
      { type: 'login-failed', sessionId: null },
      { type: 'login-failed', sessionId: of.session.id },
      { type: 'registered' },
    ]);
  });
});
