import { createHash, randomBytes } from 'node:crypto';
import { LIMITS } from '@app/contracts/edge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aName, AuthUnderTest, digestOf, PASSWORD } from './auth-under-test.js';

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await AuthUnderTest.start();
});
afterAll(() => auth.stop());

const NEW_PASSWORD = 'another fine one';

/** A link's token and its digest. */
function aToken(): { token: string; digest: string } {
  const token = randomBytes(32).toString('base64url');
  return { token, digest: createHash('sha256').update(token).digest('hex') };
}

/** Has a link made for an account; gives its digest. */
async function linkFor(username: string): Promise<string> {
  const { digest } = aToken();
  await auth.get('operator.reset', { username, digest });
  return digest;
}

const reset = (digest: string, newPassword = NEW_PASSWORD): Promise<string | undefined> =>
  auth.refusal('auth.password.reset', { digest, newPassword });
const eventsOf = async (userId: string): Promise<unknown[]> =>
  (await auth.get('auth.activity.list', { userId })).events;
const stored = (): unknown[] => auth.inside((db) => db.prepare('SELECT * FROM reset_links').all());

describe('a reset link', () => {
  it('is stored as a digest for an hour, created for the name in any case, and recorded in the activity', async () => {
    const { user } = await auth.register();
    const { token, digest } = aToken();

    const made = await auth.get('operator.reset', { username: user.username.toUpperCase(), digest });

    expect(made.username).toBe(user.username);
    expect(Date.parse(made.expiresAt) - Date.now()).toBeLessThanOrEqual(LIMITS.resetLinkMs);
    expect(Date.parse(made.expiresAt) - Date.now()).toBeGreaterThan(LIMITS.resetLinkMs - 60_000);
    expect(stored()).toContainEqual({ user_id: user.id, digest, expires_at: Date.parse(made.expiresAt) });
    expect(auth.holds(token)).toBe(false);
    expect((await eventsOf(user.id))[0]).toMatchObject({
      type: 'reset-link-made',
      sessionId: null,
      detail: 'by the operator',
    });
  });

  it('sets a new password once, ends every session with an event, and is recorded in the activity', async () => {
    const first = await auth.register();
    const second = await auth.login(first.user.username);
    const heard = await auth.hear('event.session.ended');
    const digest = await linkFor(first.user.username);

    const done = await auth.get('auth.password.reset', { digest, newPassword: NEW_PASSWORD });

    expect(done.user).toEqual(first.user);
    expect(done.endedSessionIds.toSorted()).toEqual([first.session.id, second.session.id].toSorted());
    expect([await auth.sessionRefusal(first), await auth.sessionRefusal(second)]).toEqual([
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ]);
    await expect
      .poll(() => heard.map(({ sessionId, reason }) => `${sessionId} ${reason}`).toSorted())
      .toEqual(done.endedSessionIds.map((id) => `${id} password-changed`).toSorted());
    expect(await auth.refusal('auth.login', { username: first.user.username, password: PASSWORD })).toBe(
      'INVALID_CREDENTIALS',
    );
    expect((await auth.login(first.user.username, NEW_PASSWORD)).user).toEqual(first.user);
    expect(await reset(digest, 'and yet another one')).toBe('NOT_FOUND');
    expect(await eventsOf(first.user.id)).toContainEqual({
      at: expect.any(String) as string,
      type: 'password-changed',
      sessionId: null,
      detail: 'by a reset link',
    });
  });

  it('is invalid once it has expired, was replaced, or the owner has changed the password', async () => {
    const [expired, replaced, changed] = [
      await auth.register(),
      await auth.register(),
      await auth.register(),
    ];
    const digests = [
      await linkFor(expired.user.username),
      await linkFor(replaced.user.username),
      await linkFor(changed.user.username),
    ];
    auth.inside((db) =>
      db.prepare('UPDATE reset_links SET expires_at = ? WHERE digest = ?').run(Date.now(), digests[0]),
    );
    const newer = await linkFor(replaced.user.username);
    await auth.get('auth.password.change', {
      digest: digestOf(changed),
      currentPassword: PASSWORD,
      newPassword: NEW_PASSWORD,
    });

    for (const digest of [...digests, aToken().digest]) expect(await reset(digest)).toBe('NOT_FOUND');

    expect(await reset(newer)).toBeUndefined();
    expect((await auth.login(expired.user.username)).user).toEqual(expired.user);
  });

  it('can be used again after a rejected password', async () => {
    const { user } = await auth.register();
    const digest = await linkFor(user.username);

    for (const newPassword of ['password123', user.username.toUpperCase()])
      expect((await auth.ask('auth.password.reset', { digest, newPassword })).error).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ field: 'newPassword' }],
      });

    expect(await reset(digest)).toBeUndefined();
  });

  it('succeeds for one of two at once', async () => {
    const { user } = await auth.register();
    const digest = await linkFor(user.username);

    const refusals = await Promise.all([
      reset(digest, 'one of the new ones'),
      reset(digest, 'the other new one'),
    ]);

    expect(refusals.map(String).toSorted()).toEqual(['NOT_FOUND', 'undefined']);
  });

  it('is deleted with the account', async () => {
    const { user } = await auth.register();
    const digest = await linkFor(user.username);

    await auth.get('auth.account.delete', { userId: user.id, password: PASSWORD });

    expect(await reset(digest)).toBe('NOT_FOUND');
    expect(auth.holds(digest)).toBe(false);
  });
});

describe('operator.sessions', () => {
  it('lists the sessions of an account, and ends them all with events and one entry in the activity', async () => {
    const first = await auth.register();
    const second = await auth.login(first.user.username);
    const other = await auth.register();
    const heard = await auth.hear('event.session.ended');
    const { username } = first.user;

    const listed = await auth.get('operator.sessions.list', { username });
    const ended = await auth.get('operator.sessions.end', { username: username.toUpperCase() });

    const ids = [first.session.id, second.session.id].toSorted();
    expect(listed.sessions.map(({ id }) => id).toSorted()).toEqual(ids);
    expect(ended.endedSessionIds.toSorted()).toEqual(ids);
    await expect
      .poll(() => heard.map(({ sessionId, reason }) => `${sessionId} ${reason}`).toSorted())
      .toEqual(ids.map((id) => `${id} revoked`));
    expect(await auth.sessionRefusal(first)).toBe('UNAUTHENTICATED');
    expect(await auth.sessionRefusal(other)).toBeUndefined();
    expect((await eventsOf(first.user.id))[0]).toMatchObject({
      type: 'session-revoked',
      sessionId: null,
      detail: 'by the operator',
    });
    expect(await auth.get('operator.sessions.end', { username })).toEqual({ endedSessionIds: [] });
  });
});

describe('operator.delete', () => {
  it('deletes an account without its password, with an event for chat and gateway', async () => {
    const { user, session } = await auth.register();
    const heard = await auth.hear('event.user.deleted');

    const { endedSessionIds } = await auth.get('operator.delete', { username: user.username });

    expect(endedSessionIds).toEqual([session.id]);
    expect((await auth.get('auth.users.get', { ids: [user.id] })).users).toEqual([]);
    await expect.poll(() => heard.map(({ userId }) => userId)).toContain(user.id);
    expect(auth.holds(user.username)).toBe(false);
    expect((await auth.register(user.username)).user.id).not.toBe(user.id);
  });
});

describe.each([
  'operator.reset',
  'operator.sessions.list',
  'operator.sessions.end',
  'operator.delete',
] as const)('%s', (subject) => {
  it('is NOT_FOUND for an unknown or impossible name', async () => {
    const extra = subject === 'operator.reset' ? { digest: aToken().digest } : {};
    const { user } = await auth.register(`k${aName()}`);

    for (const username of [aName(), '', `\u212a${user.username.slice(1)}`])
      expect(await auth.refusal(subject, { username, ...extra })).toBe('NOT_FOUND');
  });
});
