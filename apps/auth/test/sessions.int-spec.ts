import { createHash, randomUUID } from 'node:crypto';
import { LIMITS } from '@app/contracts/edge';
import { eventually } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthUnderTest, digestOf, PASSWORD } from './auth-under-test.js';

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await AuthUnderTest.start();
});
afterAll(() => auth.stop());

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const anyTime = expect.any(String) as string;

/** Lets a session be older than it is. */
function age(sessionId: string, { createdMs = 0, seenMs = 0 }): void {
  auth.inside((db) =>
    db
      .prepare(
        'UPDATE sessions SET created_at = created_at - ?, last_seen_at = last_seen_at - ? WHERE id = ?',
      )
      .run(createdMs, seenMs, sessionId),
  );
}

const stored = (sessionId: string): unknown =>
  auth.inside((db) => db.prepare('SELECT * FROM sessions WHERE id = ?').get(sessionId));

describe('a session', () => {
  it('is stored by the SHA-256 of its token, and the token nowhere', async () => {
    const { session } = await auth.register();

    expect(stored(session.id)).toMatchObject({
      digest: createHash('sha256').update(session.token).digest('hex'),
    });
    expect(auth.holds(session.token)).toBe(false);
    expect(auth.holds(Buffer.from(session.token, 'base64url'))).toBe(false);
    expect(auth.holds(Buffer.from(session.token, 'base64url').toString('hex'))).toBe(false);
  });

  it('is verified by its digest, with the time of its end', async () => {
    const of = await auth.register();

    const verified = await auth.get('auth.session.verify', { digest: digestOf(of) });

    expect(verified).toMatchObject({ user: of.user, sessionId: of.session.id });
    expect(Date.parse(verified.expiresAt) - Date.now()).toBeGreaterThan(LIMITS.sessionIdleMs - 60_000);
    expect(Date.parse(verified.expiresAt) - Date.now()).toBeLessThanOrEqual(LIMITS.sessionIdleMs);
    expect(await auth.sessionRefusal({ session: { token: 'another' } })).toBe('UNAUTHENTICATED');
  });

  it('is listed as ended when it has ended, and not when it has a new token', async () => {
    const [renewed, revoked, aged] = [await auth.register(), await auth.register(), await auth.register()];
    await auth.get('auth.password.change', {
      digest: digestOf(renewed),
      currentPassword: PASSWORD,
      newPassword: `another ${PASSWORD}`,
    });
    await auth.get('auth.session.revoke', { userId: revoked.user.id, sessionId: revoked.session.id });
    age(aged.session.id, { seenMs: LIMITS.sessionIdleMs });

    const { ended } = await auth.get('auth.session.check', {
      sessionIds: [renewed, revoked, aged].map(({ session }) => session.id),
    });

    expect(ended).toEqual([
      { sessionId: revoked.session.id, reason: 'revoked' },
      { sessionId: aged.session.id, reason: 'expired' },
    ]);
  });

  it('counts as used when it is checked', async () => {
    const { session } = await auth.register();
    const seen = (): number => (stored(session.id) as { last_seen_at: number }).last_seen_at;
    age(session.id, { seenMs: LIMITS.sessionIdleMs / 2 });
    const before = seen();

    await auth.get('auth.session.check', { sessionIds: [session.id] });

    await eventually(() => seen() > before, 'the use is noted');
  });

  it('stores its last use at most once a minute', async () => {
    const of = await auth.register();
    const seen = (): number => (stored(of.session.id) as { last_seen_at: number }).last_seen_at;
    age(of.session.id, { seenMs: 30_000 });
    const before = seen();

    await auth.get('auth.session.verify', { digest: digestOf(of) });
    const within = seen();
    age(of.session.id, { seenMs: 60_000 });
    await auth.get('auth.session.verify', { digest: digestOf(of) });
    await auth.get('auth.session.list', { userId: of.user.id });

    expect(within).toBe(before);
    expect(seen()).toBeGreaterThan(before);
  });

  it('goes on when the clock was 60 days behind for a while and is right again, with a use in between', async () => {
    const of = await auth.register();
    age(of.session.id, { seenMs: 2 * MINUTE_MS });
    const seen = (): unknown => stored(of.session.id);
    const before = seen();
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: now - 60 * DAY_MS });
    try {
      expect(await auth.sessionRefusal(of)).toBeUndefined();
      await auth.get('auth.session.check', { sessionIds: [of.session.id] });
      // A log-in's commit comes after that of the use, if there were one.
      await auth.login(of.user.username);
      expect(seen()).toEqual(before);
    } finally {
      vi.useRealTimers();
    }

    expect(await auth.sessionRefusal(of)).toBeUndefined();
  });

  it('keeps the time of its last use when the clock was ahead for a while', async () => {
    const of = await auth.register();
    const seen = (): number => (stored(of.session.id) as { last_seen_at: number }).last_seen_at;
    const ahead = Date.now() + 6 * DAY_MS;
    vi.useFakeTimers({ toFake: ['Date'], now: ahead });
    try {
      expect(await auth.sessionRefusal(of)).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
    await eventually(() => seen() >= ahead, 'the use is noted');

    expect(await auth.sessionRefusal(of)).toBeUndefined();
    await auth.login(of.user.username);
    expect(seen()).toBeGreaterThanOrEqual(ahead);
  });

  it.each([
    ['7 days without use', { seenMs: LIMITS.sessionIdleMs }],
    ['30 days in all', { createdMs: LIMITS.sessionTotalMs }],
  ])('ends after %s, with an event, when it is verified', async (_what, by) => {
    const of = await auth.register();
    const heard = await auth.hear('event.session.ended');
    age(of.session.id, by);

    const listed = await auth.get('auth.session.list', { userId: of.user.id });
    const refused = await auth.sessionRefusal(of);

    expect(listed.sessions).toEqual([]);
    expect(refused).toBe('UNAUTHENTICATED');
    expect(stored(of.session.id)).toBeUndefined();
    await expect
      .poll(() => heard)
      .toContainEqual({ userId: of.user.id, sessionId: of.session.id, reason: 'expired', at: anyTime });
  });

  it('goes on just before 7 days without use and 30 days in all', async () => {
    const of = await auth.register();
    age(of.session.id, {
      seenMs: LIMITS.sessionIdleMs - 60_000,
      createdMs: LIMITS.sessionTotalMs - 60_000,
    });

    expect(await auth.sessionRefusal(of)).toBeUndefined();
  });

  it('ends by age unused, with an event, when the service starts again', async () => {
    const [old, fresh] = [await auth.register(), await auth.register()];
    const heard = await auth.hear('event.session.ended');
    await auth.down();
    age(old.session.id, { seenMs: LIMITS.sessionIdleMs + 1_000 });

    await auth.up();

    await eventually(() => stored(old.session.id) === undefined, 'the old session is removed');
    await expect
      .poll(() => heard)
      .toContainEqual({ userId: old.user.id, sessionId: old.session.id, reason: 'expired', at: anyTime });
    expect(await auth.sessionRefusal(fresh)).toBeUndefined();
  });

  it('ends, as the oldest of 100, when the user creates another one', async () => {
    const of = await auth.register();
    auth.inside((db) => {
      const insert = db.prepare(
        'INSERT INTO sessions (id, user_id, digest, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?)',
      );
      for (let i = 0; i < 99; i++) insert.run(randomUUID(), of.user.id, randomUUID(), Date.now(), Date.now());
    });
    const heard = await auth.hear('event.session.ended');

    const last = await auth.login(of.user.username);

    expect((await auth.get('auth.session.list', { userId: of.user.id })).sessions).toHaveLength(100);
    expect(await auth.sessionRefusal(of)).toBe('UNAUTHENTICATED');
    expect(await auth.sessionRefusal(last)).toBeUndefined();
    await expect
      .poll(() => heard)
      .toEqual([{ userId: of.user.id, sessionId: of.session.id, reason: 'revoked', at: anyTime }]);
  });
});

describe('auth.session.list', () => {
  it("lists a user's own sessions with the name of the browser, latest use first", async () => {
    const first = await auth.register();
    await auth.register();
    age(first.session.id, { seenMs: 10_000 });
    const second = await auth.get('auth.login', {
      username: first.user.username,
      password: 'correct horse battery staple',
      userAgent: 'Browser 2',
    });

    const { sessions } = await auth.get('auth.session.list', { userId: first.user.id });

    expect(sessions).toEqual([
      { id: second.session.id, createdAt: anyTime, lastSeenAt: anyTime, userAgent: 'Browser 2' },
      { id: first.session.id, createdAt: anyTime, lastSeenAt: anyTime, userAgent: null },
    ]);
    expect((await auth.get('auth.session.list', { userId: randomUUID() })).sessions).toEqual([]);
  });
});

describe('auth.session.revoke', () => {
  it('ends one session with an event of ids and a reason, and records which session did it', async () => {
    const first = await auth.register();
    const second = await auth.login(first.user.username);
    const heard = await auth.hear('event.session.ended');

    const ended = await auth.get('auth.session.revoke', {
      userId: first.user.id,
      sessionId: second.session.id,
      bySessionId: first.session.id,
    });

    expect(ended).toEqual({ sessionId: second.session.id });
    expect([await auth.sessionRefusal(first), await auth.sessionRefusal(second)]).toEqual([
      undefined,
      'UNAUTHENTICATED',
    ]);
    await expect
      .poll(() => heard)
      .toEqual([{ userId: first.user.id, sessionId: second.session.id, reason: 'revoked', at: anyTime }]);
    const { events } = await auth.get('auth.activity.list', { userId: first.user.id });
    expect(events[0]).toMatchObject({ type: 'session-revoked', sessionId: first.session.id });
  });

  it("is NOT_FOUND for an unknown session, one that has ended, and another user's, which goes on", async () => {
    const [one, other] = [await auth.register(), await auth.register()];
    const revoke = (sessionId: string): Promise<string | undefined> =>
      auth.refusal('auth.session.revoke', { userId: one.user.id, sessionId });

    expect(await revoke(other.session.id)).toBe('NOT_FOUND');
    expect(await revoke(randomUUID())).toBe('NOT_FOUND');
    expect(await revoke(one.session.id)).toBeUndefined();
    expect(await revoke(one.session.id)).toBe('NOT_FOUND');
    expect(await auth.sessionRefusal(other)).toBeUndefined();
  });
});

describe('auth.logout', () => {
  it('ends the session with an event, and succeeds for one that has already ended', async () => {
    const of = await auth.register();
    const heard = await auth.hear('event.session.ended');

    expect(await auth.get('auth.logout', { digest: digestOf(of) })).toEqual({ sessionId: of.session.id });
    expect(await auth.get('auth.logout', { digest: digestOf(of) })).toEqual({ sessionId: null });

    expect(await auth.sessionRefusal(of)).toBe('UNAUTHENTICATED');
    await expect
      .poll(() => heard)
      .toEqual([{ userId: of.user.id, sessionId: of.session.id, reason: 'logged-out', at: anyTime }]);
    const { events } = await auth.get('auth.activity.list', { userId: of.user.id });
    expect(events[0]).toMatchObject({ type: 'logged-out', sessionId: of.session.id });
  });
});

describe('the service', () => {
  it('keeps what it answered after a restart', async () => {
    const of = await auth.register();

    await auth.down();
    await auth.up();

    expect(await auth.get('auth.session.verify', { digest: digestOf(of) })).toMatchObject({ user: of.user });
  });

  it('answers again without help, when the NATS server was away', async () => {
    const of = await auth.register();

    await auth.nats.kill();
    await auth.nats.up();

    const reply = await eventually(
      () => auth.ask('auth.session.verify', { digest: digestOf(of) }),
      'it answers',
    );
    expect(reply.data).toMatchObject({ user: of.user });
  });
});
