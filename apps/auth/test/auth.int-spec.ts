import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUBJECTS } from '@app/contracts/bus';
import { readSettings } from '@app/platform';
import { bareRequest, eventually, NatsServerUnderTest, temporaryFolder, type BareReply } from '@app/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AUTH_SETTINGS } from '../src/config.js';
import { UsersService } from '../src/users/users.service.js';
import { startAuth } from '../src/start.js';

const PASSWORD = 'correct horse battery staple';

interface SignedIn {
  readonly user: { readonly id: string; readonly username: string };
  readonly session: { readonly id: string; readonly token: string };
}

let nats: NatsServerUnderTest;
let bus: NatsConnection;
let folder: ReturnType<typeof temporaryFolder>;
let app: INestMicroservice;

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const ask = (subject: string, body: unknown): Promise<BareReply> => bareRequest(bus, subject, body);

async function boot(): Promise<void> {
  const settings = readSettings(AUTH_SETTINGS, {
    DATA_DIR: folder.path,
    NATS_URL: nats.url,
    LOG_LEVEL: 'silent',
  });
  ({ app } = await startAuth(settings));
}

async function someone(username = `u-${randomUUID().slice(0, 12)}`): Promise<SignedIn> {
  const { data } = await ask('auth.register', { username, password: PASSWORD });
  return data as SignedIn;
}

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
  await boot();
});
afterEach(async () => {
  await app.close();
  folder.remove();
});

describe('auth over the bus', () => {
  it('resolves its services with what their constructors name', () => {
    expect(app.get(UsersService, { strict: false })).toBeInstanceOf(UsersService);
  });

  it('registers, verifies, logs in and logs out', async () => {
    const { user, session } = await someone();

    const verified = await ask('auth.session.verify', { digest: digest(session.token) });
    const login = (await ask('auth.login', { username: user.username.toUpperCase(), password: PASSWORD }))
      .data as SignedIn;
    const out = await ask('auth.logout', { digest: digest(session.token) });

    expect(verified.data).toMatchObject({ user, sessionId: session.id });
    expect(login.user).toEqual(user);
    expect(login.session.token).not.toBe(session.token);
    expect(out.data).toEqual({ sessionId: session.id });
    expect((await ask('auth.session.verify', { digest: digest(session.token) })).error?.code).toBe(
      'UNAUTHENTICATED',
    );
    expect((await ask('auth.logout', { digest: digest(session.token) })).data).toEqual({ sessionId: null });
  });

  it('lets one of two who take the same name at the same time have it', async () => {
    const username = `race-${randomUUID().slice(0, 8)}`;

    const replies = await Promise.all(
      [username, username.toUpperCase()].map((name) =>
        ask('auth.register', { username: name, password: PASSWORD }),
      ),
    );

    expect(replies.filter(({ data }) => data !== undefined)).toHaveLength(1);
    expect(replies.find(({ error }) => error)?.error?.code).toBe('USERNAME_TAKEN');
  });

  it('lists and revokes sessions, and tells their end with ids and a reason only', async () => {
    const { user, session } = await someone();
    const second = (await ask('auth.login', { username: user.username, password: PASSWORD }))
      .data as SignedIn;
    const heard: unknown[] = [];
    bus.subscribe('event.session.ended', { callback: (_error, message) => void heard.push(message.json()) });
    await bus.flush();

    const { data } = await ask('auth.session.list', { userId: user.id });
    const revoked = await ask('auth.session.revoke', { userId: user.id, sessionId: second.session.id });
    const again = await ask('auth.session.revoke', { userId: user.id, sessionId: second.session.id });

    expect((data as { sessions: { id: string }[] }).sessions.map(({ id }) => id).toSorted()).toEqual(
      [session.id, second.session.id].toSorted(),
    );
    expect(revoked.data).toEqual({ sessionId: second.session.id });
    expect(again.error?.code).toBe('NOT_FOUND');
    await eventually(() => heard.length === 1, 'the end is told');
    expect(heard).toEqual([
      { userId: user.id, sessionId: second.session.id, reason: 'revoked', at: expect.any(String) as string },
    ]);
  });

  it('changes a password: every other session ends, the asking one goes on under a new token', async () => {
    const { user, session } = await someone();
    await ask('auth.login', { username: user.username, password: PASSWORD });
    const change = (currentPassword: string, newPassword: string): Promise<BareReply> =>
      ask('auth.password.change', { digest: digest(session.token), currentPassword, newPassword });

    expect((await change('wrong wrong', 'another fine one')).error?.code).toBe('INVALID_CREDENTIALS');
    expect((await change(PASSWORD, 'password123')).error).toMatchObject({
      errors: [{ field: 'newPassword' }],
    });
    const { data } = await change(PASSWORD, 'another fine one');

    const changed = data as { session: { id: string; token: string }; endedSessionIds: string[] };
    expect(changed.endedSessionIds).toHaveLength(1);
    expect(changed.session.id).toBe(session.id);
    expect((await ask('auth.session.verify', { digest: digest(session.token) })).error?.code).toBe(
      'UNAUTHENTICATED',
    );
    expect((await ask('auth.session.verify', { digest: digest(changed.session.token) })).data).toBeDefined();
    expect((await ask('auth.login', { username: user.username, password: PASSWORD })).error?.code).toBe(
      'INVALID_CREDENTIALS',
    );
  });

  it('deletes an account, repeats the event until chat and gateway have confirmed, and leaves no byte of the account', async () => {
    const { user } = await someone();
    let tries = 0;
    const confirm = (service: string, from: number): void => {
      bus.subscribe('event.user.deleted', {
        callback: (_error, message) => {
          if (service === 'chat') tries++;
          if (tries >= from) message.respond(JSON.stringify({ data: { service } }));
        },
      });
    };
    confirm('chat', 2);
    confirm('gateway', 1);
    await bus.flush();

    const wrong = await ask('auth.account.delete', { userId: user.id, password: 'wrong wrong' });
    const { data } = await ask('auth.account.delete', { userId: user.id, password: PASSWORD });

    expect(wrong.error?.code).toBe('INVALID_CREDENTIALS');
    expect((data as { endedSessionIds: string[] }).endedSessionIds).toHaveLength(1);
    expect((await ask('auth.users.get', { ids: [user.id] })).data).toEqual({ users: [] });
    for (const name of readdirSync(folder.path))
      expect(readFileSync(join(folder.path, name)).includes(user.username), name).toBe(false);
    const backlog = async (): Promise<number> =>
      ((await ask('auth.health', {})).data as { outboxPending: number }).outboxPending;
    expect(await backlog()).toBe(1);
    await eventually(async () => (await backlog()) === 0, 'everyone has confirmed', 15_000);
    expect(tries).toBeGreaterThanOrEqual(2);
  });

  it('keeps what it answered across a restart', async () => {
    const { user, session } = await someone();

    await app.close();
    await boot();

    expect((await ask('auth.session.verify', { digest: digest(session.token) })).data).toMatchObject({
      user,
    });
  });

  it('comes back by itself when the server was away', async () => {
    const { user } = await someone();

    await nats.kill();
    await nats.up();

    const reply = await eventually(() => ask('auth.users.get', { ids: [user.id] }), 'auth answers again');
    expect(reply.data).toMatchObject({ users: [{ id: user.id }] });
  });

  it('stores neither passwords nor tokens', async () => {
    const { session } = await someone();

    for (const name of readdirSync(folder.path)) {
      const bytes = readFileSync(join(folder.path, name));
      for (const secret of [PASSWORD, session.token, Buffer.from(session.token, 'base64url').toString('hex')])
        expect(bytes.includes(secret), name).toBe(false);
      expect(bytes.includes(Buffer.from(session.token, 'base64url')), name).toBe(false);
    }
  });
});

describe.each(Object.keys(SUBJECTS).filter((subject) => subject.startsWith('auth.')))('%s', (subject) => {
  it('refuses what is not JSON, not an object, or has an unknown property, as VALIDATION_FAILED', async () => {
    for (const body of ['{', '"text"', 'null', '[]', { unknown: 1 }]) {
      const { error } = await ask(subject, body);
      expect(error?.code, JSON.stringify(body)).toBe('VALIDATION_FAILED');
    }
  });

  it('refuses each of its fields with a wrong type, naming it', async () => {
    const { request } = SUBJECTS[subject as keyof typeof SUBJECTS];
    for (const field of Object.keys(request.shape)) {
      const { error } = await ask(subject, { [field]: { wrong: true } });
      expect(
        error?.errors?.map((each) => each.field),
        field,
      ).toContain(field);
    }
  });
});
