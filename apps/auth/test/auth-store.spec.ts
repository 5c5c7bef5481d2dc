import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Scrubber, sqliteOptions, WriteQueue } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { pino } from 'pino';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuthStore, StoredSession, StoredUser } from '../src/store/auth-store.js';
import { AUTH_MIGRATIONS } from '../src/store/migrations/migrations.js';
import { SessionEntity } from '../src/store/sqlite/session.entity.js';
import { SqliteAuthStore } from '../src/store/sqlite/sqlite-auth-store.js';
import { UserEntity } from '../src/store/sqlite/user.entity.js';

interface StoreUnderTest {
  readonly store: AuthStore;
  readonly close: () => Promise<void>;
}

/** Opens a real, empty store in a folder of its own. */
async function openSqlite(): Promise<StoreUnderTest> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'auth.db');
  const source = await new DataSource(
    sqliteOptions(file, { entities: [UserEntity, SessionEntity], migrations: AUTH_MIGRATIONS }),
  ).initialize();
  const queue = new WriteQueue(source);
  return {
    store: new SqliteAuthStore(source, queue, new Scrubber(queue, file, pino({ level: 'silent' }))),
    close: async () => {
      await source.destroy();
      folder.remove();
    },
  };
}

/** The engines: what is tested here holds for each. */
const ENGINES = [['SQLite', openSqlite]] as const;

describe.each(ENGINES)('the auth store in %s', (_engine, open) => {
  let under: StoreUnderTest;
  let store: AuthStore;

  beforeEach(async () => {
    under = await open();
    ({ store } = under);
  });
  afterEach(() => under.close());

  function aUser(username: string = randomUUID()): StoredUser {
    return { id: randomUUID(), username, passwordHash: 'hash', createdAt: 1 };
  }

  function aSession(userId: string, createdAt = 1): StoredSession {
    const digest = randomUUID();
    return { id: randomUUID(), userId, digest, userAgent: null, createdAt, lastSeenAt: createdAt };
  }

  async function storeUser(user = aUser()): Promise<StoredUser> {
    expect(await store.transaction(({ users }) => users.insert(user))).toBe(true);
    return user;
  }

  it('inserts no user, and keeps the transaction, when the name is taken in another case', async () => {
    const user = await storeUser(aUser('Ann'));

    const second = aUser('aNN');
    const inserted = await store.transaction(async ({ users, unscrubbed }) => {
      await unscrubbed.add('still committed');
      return users.insert(second);
    });

    expect(inserted).toBe(false);
    expect(await store.users.findByName('ANN')).toMatchObject({ id: user.id, username: 'Ann' });
    expect(await store.users.findById(second.id)).toBeUndefined();
    expect(await store.unscrubbed.list()).toEqual(['still committed']);
  });

  it('replaces a password and a digest, only when the old one is still stored', async () => {
    const { id } = await storeUser();
    const session = aSession(id);

    await store.transaction(async ({ users, sessions }) => {
      await sessions.insert(session);
      expect(await users.replacePassword(id, 'other', 'new')).toBe(false);
      expect(await users.replacePassword(id, 'hash', 'new')).toBe(true);
      expect(await sessions.replaceDigest(session.id, 'other', 'new')).toBe(false);
      expect(await sessions.replaceDigest(session.id, session.digest, 'new')).toBe(true);
    });

    expect(await store.users.findById(id)).toMatchObject({ passwordHash: 'new' });
    expect(await store.sessions.findByDigest('new')).toMatchObject({ id: session.id });
  });

  it('lists the sessions beyond a limit in the order of their insertion, whatever the clock did', async () => {
    const { id } = await storeUser();
    const [first, second, third] = [aSession(id, 3), aSession(id, 2), aSession(id, 1)];

    const excess = await store.transaction(async ({ sessions }) => {
      for (const session of [first, second, third]) await sessions.insert(session);
      return sessions.listExcess(id, 2);
    });

    expect(excess).toEqual([first.id]);
  });

  it('never sets the last use of a session back', async () => {
    const { id } = await storeUser();
    const session = aSession(id, 5);
    await store.transaction(({ sessions }) => sessions.insert(session));

    for (const at of [9, 7])
      await store.transaction(({ sessions }) => sessions.setLastSeen([session.id], at));

    expect(await store.sessions.findByIds([session.id])).toMatchObject([{ lastSeenAt: 9 }]);
  });

  it('stores nothing, when the transaction is rolled back', async () => {
    const user = aUser();

    const failed = store.transaction(async (transaction) => {
      await transaction.users.insert(user);
      await transaction.activity.add({ userId: user.id, type: 'registered', sessionId: null });
      await transaction.addEvent('event.user.deleted', { userId: user.id, at: new Date().toISOString() });
      throw new Error('no');
    });

    await expect(failed).rejects.toThrow('no');
    expect(await store.users.findById(user.id)).toBeUndefined();
    expect(await store.activity.list(user.id)).toEqual([]);
  });

  it('records no activity of an account that was deleted, and one entry for failed log-ins that are alike', async () => {
    const { id } = await storeUser();
    const failed = { userId: id, type: 'login-failed', sessionId: null, detail: 'Some' } as const;
    await store.transaction(async ({ activity }) => {
      for (let i = 0; i < 3; i++) await activity.add(failed);
    });
    expect(await store.activity.list(id)).toMatchObject([{ type: 'login-failed', count: 3 }]);

    await store.transaction(async ({ users, activity }) => {
      await activity.deleteByUser(id);
      await users.delete(id);
      await activity.add(failed);
    });
    expect(await store.activity.list(id)).toEqual([]);
  });
});
