import { randomUUID } from 'node:crypto';
import { SUBJECTS } from '@app/contracts/bus';
import { LIMITS } from '@app/contracts/edge';
import type { BareReply } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthUnderTest, PASSWORD, type AuthSubject } from './auth-under-test.js';

const id = randomUUID();
const digest = 'ab'.repeat(32);

/** For each subject: a payload that is as described, its fields that may be left out, and values that are too much. */
const PAYLOADS: Record<
  AuthSubject,
  { body: Record<string, unknown>; optional?: readonly string[]; tooMuch: Record<string, readonly unknown[]> }
> = {
  'auth.register': {
    body: { username: 'some.body', password: PASSWORD, userAgent: null },
    optional: ['userAgent'],
    tooMuch: {
      username: ['ab', 'a'.repeat(33), '-ab', 'a b', ' abc', 'abc.', 'ümlaut', ''],
      password: ['a2b4c6d', 'ﬁ'.repeat(65), '🐈'.repeat(129), 'x'.repeat(1025)],
      userAgent: ['x'.repeat(257)],
    },
  },
  'auth.login': {
    body: { username: 'some.body', password: PASSWORD, userAgent: null },
    optional: ['userAgent'],
    tooMuch: { userAgent: ['x'.repeat(257)] },
  },
  'auth.logout': { body: { digest }, tooMuch: { digest: [digest.toUpperCase(), `${digest}0`, ''] } },
  'auth.session.verify': { body: { digest }, tooMuch: { digest: [digest.toUpperCase(), digest.slice(1)] } },
  'auth.session.check': {
    body: { sessionIds: [id] },
    tooMuch: { sessionIds: [id, [id.toUpperCase()], Array<string>(LIMITS.sessionsPerCheck + 1).fill(id)] },
  },
  'auth.session.list': { body: { userId: id }, tooMuch: { userId: ['x', id.toUpperCase(), `${id}0`] } },
  'auth.session.revoke': {
    body: { userId: id, sessionId: id, bySessionId: null },
    optional: ['bySessionId'],
    tooMuch: { userId: [id.toUpperCase()], sessionId: [id.toUpperCase()], bySessionId: [id.toUpperCase()] },
  },
  'auth.password.change': {
    body: { digest, currentPassword: PASSWORD, newPassword: PASSWORD },
    tooMuch: {
      digest: [`${digest}0`],
      newPassword: ['a2b4c6d', '🐈'.repeat(129)],
    },
  },
  'auth.password.reset': {
    body: { digest, newPassword: PASSWORD },
    tooMuch: { digest: [`${digest}0`], newPassword: ['a2b4c6d', '🐈'.repeat(129)] },
  },
  'auth.account.delete': {
    body: { userId: id, password: PASSWORD },
    tooMuch: { userId: [id.toUpperCase()] },
  },
  'auth.users.get': {
    body: { ids: [id] },
    tooMuch: { ids: [Array.from({ length: 501 }, () => id)] },
  },
  'auth.activity.list': { body: { userId: id }, tooMuch: { userId: [id.toUpperCase()] } },
  'auth.health': { body: {}, tooMuch: {} },
  'health.auth': { body: {}, tooMuch: {} },
  'operator.reset': {
    body: { username: 'no.body', digest },
    tooMuch: { digest: [digest.toUpperCase()] },
  },
  'operator.sessions.list': { body: { username: 'no.body' }, tooMuch: {} },
  'operator.sessions.end': { body: { username: 'no.body' }, tooMuch: {} },
  'operator.delete': { body: { username: 'no.body' }, tooMuch: {} },
};

let auth: AuthUnderTest;
beforeAll(async () => {
  auth = await AuthUnderTest.start();
});
afterAll(() => auth.stop());

/** How many rows each table has. */
const rows = (): unknown =>
  auth.inside((db) =>
    ['users', 'sessions', 'activity', 'outbox'].map((table) =>
      db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
    ),
  );

function fieldsOf({ error }: BareReply): unknown {
  return { code: error?.code, fields: [...new Set(error?.errors?.map(({ field }) => field))] };
}

it('has a payload here for every subject that auth answers', () => {
  const subjects = Object.keys(SUBJECTS).filter((subject) =>
    /^(auth|operator)\.|^health\.auth$/.test(subject),
  );

  expect(Object.keys(PAYLOADS).toSorted()).toEqual(subjects.toSorted());
});

describe.each(Object.entries(PAYLOADS))('%s', (name, { body, optional = [], tooMuch }) => {
  const subject = name as AuthSubject;
  const ask = (payload: unknown): Promise<BareReply> => auth.ask(subject, payload);

  it('rejects what is no JSON or no object, and stores nothing', async () => {
    const before = rows();

    for (const payload of ['', '{', '\u0000', '"text"', 'null', '[]', '1', `${JSON.stringify(body)}}`])
      expect((await ask(payload)).error?.code, payload).toBe('VALIDATION_FAILED');

    expect(rows()).toEqual(before);
  });

  it('rejects an unknown property by name, and stores nothing', async () => {
    const before = rows();

    const reply = await ask({ ...body, surplus: 1 });

    expect(fieldsOf(reply)).toEqual({ code: 'VALIDATION_FAILED', fields: ['surplus'] });
    expect(
      fieldsOf(await ask(JSON.stringify(body).replace('{', '{"__proto__":1,').replace(',}', '}'))),
    ).toEqual({
      code: 'VALIDATION_FAILED',
      fields: ['__proto__'],
    });
    expect(rows()).toEqual(before);
  });

  it('rejects each missing, wrong or excessive field by name, and stores nothing', async () => {
    const before = rows();

    for (const field of Object.keys(body)) {
      const wrong: unknown[] = [{ wrong: true }, ['x'], 7, true, ...(tooMuch[field] ?? [])];
      if (!optional.includes(field)) wrong.push(null, undefined);
      for (const value of wrong) {
        const { code, fields } = fieldsOf(await ask({ ...body, [field]: value })) as {
          code: unknown;
          fields: string[];
        };
        expect(code, `${field} ${JSON.stringify(value)?.slice(0, 40)}`).toBe('VALIDATION_FAILED');
        // An element of a list is named by its place.
        expect(fields.map((each) => each.replace(/\.\d+$/, ''))).toEqual([field]);
      }
    }

    expect(rows()).toEqual(before);
  });

  it('accepts what its schema describes', async () => {
    const { error } = await ask(
      Object.fromEntries(Object.entries(body).filter(([key]) => !optional.includes(key))),
    );

    expect(error?.code).not.toBe('VALIDATION_FAILED');
    expect(error?.code).not.toBe('INTERNAL');
  });
});
