import { join } from 'node:path';
import { eventually } from '@app/testing';
import type { Subscription } from '@nats-io/transport-node';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuthUnderTest, PASSWORD } from './auth-under-test.js';

let auth: AuthUnderTest;
beforeEach(async () => {
  auth = await AuthUnderTest.start();
});
afterEach(() => auth.stop());

/** ConfirmedEventHandler deletions in a service's name, and counts how often it was asked. */
async function confirming(service: 'chat' | 'gateway', willing: () => boolean = () => true) {
  const confirmer: { asked: number; subscription: Subscription } = {
    asked: 0,
    subscription: auth.bus.subscribe('event.user.deleted', {
      callback: (_error, message) => {
        confirmer.asked++;
        if (willing()) message.respond(JSON.stringify({ data: { service } }));
      },
    }),
  };
  await auth.bus.flush();
  return confirmer;
}

const backlog = async (): Promise<number> => (await auth.get('auth.health', {})).outboxPending;

/** Everything by which an account could be recognised in the file. */
const traces = (userId: string): Buffer[] =>
  auth.inside((db) => {
    const { username, password_hash } = db
      .prepare('SELECT username, password_hash FROM users WHERE id = ?')
      .get(userId) as Record<string, string>;
    const digests = db
      .prepare('SELECT digest FROM sessions WHERE user_id = ?')
      .pluck()
      .all(userId) as string[];
    // Also pieces, for a copy of a page may have been overwritten in part.
    const [, , , , salt = '', hash = ''] = password_hash?.split('$') ?? [];
    return [
      username ?? '',
      salt,
      hash.slice(0, 16),
      hash.slice(-16),
      ...digests,
      'A browser of this account',
    ].map((text) => Buffer.from(text));
  });

describe('auth.account.delete', () => {
  it('deletes the account, its sessions and its activity, publishes the end of the sessions and frees the name', async () => {
    const first = await auth.register();
    const second = await auth.login(first.user.username);
    const other = await auth.register();
    const heard = await auth.hear('event.session.ended');

    const { endedSessionIds } = await auth.get('auth.account.delete', {
      userId: first.user.id,
      password: PASSWORD,
    });

    expect(endedSessionIds.toSorted()).toEqual([first.session.id, second.session.id].toSorted());
    await expect
      .poll(() => heard.map(({ reason }) => reason))
      .toEqual(['account-deleted', 'account-deleted']);
    expect(await auth.sessionRefusal(second)).toBe('UNAUTHENTICATED');
    expect(await auth.refusal('auth.login', { username: first.user.username, password: PASSWORD })).toBe(
      'INVALID_CREDENTIALS',
    );
    expect((await auth.get('auth.users.get', { ids: [first.user.id] })).users).toEqual([]);
    expect((await auth.get('auth.activity.list', { userId: first.user.id })).events).toEqual([]);
    expect(await auth.refusal('auth.account.delete', { userId: first.user.id, password: PASSWORD })).toBe(
      'UNAUTHENTICATED',
    );
    expect((await auth.register(first.user.username)).user.id).not.toBe(first.user.id);
    expect(await auth.sessionRefusal(other)).toBeUndefined();
  });

  it('deletes nothing, when the password is wrong', async () => {
    const of = await auth.register();

    expect(await auth.refusal('auth.account.delete', { userId: of.user.id, password: 'wrong wrong' })).toBe(
      'INVALID_CREDENTIALS',
    );

    expect(await auth.sessionRefusal(of)).toBeUndefined();
    expect(await backlog()).toBe(0);
  });

  it('happens once, when it is requested twice at once', async () => {
    const { user } = await auth.register();

    const replies = await Promise.all(
      [1, 2].map(() => auth.ask('auth.account.delete', { userId: user.id, password: PASSWORD })),
    );

    expect(replies.filter(({ data }) => data !== undefined)).toHaveLength(1);
    expect(replies.find(({ error }) => error)?.error?.code).toBe('UNAUTHENTICATED');
    expect(await backlog()).toBe(1);
  });

  it('leaves no byte of the account when it has answered, while other accounts are created and deleted', async () => {
    const gone: Buffer[] = [];
    const users: string[] = [];
    for (let i = 0; i < 12; i++) {
      const { user } = await auth.register();
      users.push(user.id);
      auth.inside((db) =>
        db.prepare("UPDATE activity SET detail = 'A browser of this account' WHERE user_id = ?").run(user.id),
      );
    }
    for (const userId of users) {
      gone.push(...traces(userId));
      await auth.get('auth.account.delete', { userId, password: PASSWORD });
      for (const bytes of gone.filter((trace) => !trace.equals(Buffer.from('A browser of this account'))))
        expect(auth.holds(bytes), bytes.toString()).toBe(false);
    }
    expect(auth.holds('A browser of this account')).toBe(false);
  });

  it('is published until chat and gateway have confirmed it, also after a restart', async () => {
    const { user } = await auth.register();
    let willing = false;
    const gateway = await confirming('gateway');
    const chat = await confirming('chat', () => willing);

    await auth.get('auth.account.delete', { userId: user.id, password: PASSWORD });
    await eventually(() => gateway.asked > 0, 'gateway is asked');
    const pending = await backlog();
    await auth.down();
    await auth.up();
    const askedBefore = chat.asked;
    willing = true;

    await eventually(async () => (await backlog()) === 0, 'both have confirmed', 15_000);
    expect(pending).toBe(1);
    expect(chat.asked).toBeGreaterThan(askedBefore);
  });

  it('is SERVICE_UNAVAILABLE while a reader holds the write-ahead log, and is finished afterwards', async () => {
    const of = await auth.register();
    const bytes = traces(of.user.id);
    const reader = new Database(join(auth.dataDir, 'auth.db'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT * FROM users').all();

    const refused = await auth.refusal('auth.account.delete', { userId: of.user.id, password: PASSWORD });
    const left = bytes.some((trace) => auth.holds(trace));
    reader.close();

    expect(refused).toBe('SERVICE_UNAVAILABLE');
    expect(left).toBe(true);
    await eventually(() => !bytes.some((trace) => auth.holds(trace)), 'the bytes are gone');
    expect(await auth.sessionRefusal(of)).toBe('UNAUTHENTICATED');
  });
});
