import { createHash, randomUUID } from 'node:crypto';
import { SUBJECTS } from '@app/contracts/bus';
import type { BareReply } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aChat, ChatUnderTest, type ChatSubject } from './chat-under-test.js';

const ID = randomUUID();
const KEY = 'A'.repeat(48);

/** What no id may be; undefined leaves the field out. */
const NO_ID = [null, 7, true, {}, [], '', 'x', ID.toUpperCase(), `${ID} `, 'a'.repeat(40_000)];
const NO_NAME = [7, true, {}, ['n'], '', ' \t ', 'n'.repeat(81), '\u{1F4AC}'.repeat(81), 'lone \ud800'];
const NO_KEY = [undefined, null, 7, {}, '', ' ', 'x', KEY, 'two words', 'k'.repeat(129), 'k'.repeat(40_000)];
const NO_LIMIT = [null, '5', 0, -1, 501, 1.5, 1e300, {}];

const REQUIRED_ID = [undefined, ...NO_ID];
const OPTIONAL_ID = NO_ID.filter((value) => value !== null);

interface Case {
  readonly valid: Readonly<Record<string, unknown>>;
  readonly wrong: Readonly<Record<string, readonly unknown[]>>;
}

const MEMBER: Case = {
  valid: { userId: ID, chatId: ID },
  wrong: { userId: REQUIRED_ID, chatId: REQUIRED_ID },
};
const MEMBER_IN_SESSION: Case = {
  valid: { ...MEMBER.valid, sessionId: ID },
  wrong: { ...MEMBER.wrong, sessionId: OPTIONAL_ID },
};

const CASES: Readonly<Record<ChatSubject | 'event.user.deleted', Case>> = {
  'chat.create': { valid: { userId: ID, name: 'n' }, wrong: { userId: REQUIRED_ID, name: NO_NAME } },
  'chat.join': { valid: { userId: ID, key: KEY }, wrong: { userId: REQUIRED_ID, key: NO_KEY } },
  'chat.list': {
    valid: { userId: ID, after: ID, limit: 5 },
    wrong: { userId: REQUIRED_ID, after: OPTIONAL_ID, limit: NO_LIMIT },
  },
  'chat.get': MEMBER,
  'chat.rename': {
    valid: { ...MEMBER.valid, name: 'n' },
    wrong: { ...MEMBER.wrong, name: [undefined, null, ...NO_NAME] },
  },
  'chat.timer': {
    valid: { ...MEMBER.valid, messageTtl: 30 },
    wrong: { ...MEMBER.wrong, messageTtl: [undefined, '30', 29, 30.5, 31_536_001, -30, {}] },
  },
  'chat.key.reveal': MEMBER_IN_SESSION,
  'chat.leave': MEMBER_IN_SESSION,
  'chat.delete': MEMBER_IN_SESSION,
  'chat.access': {
    valid: { ...MEMBER.valid, also: [ID] },
    wrong: { ...MEMBER.wrong, also: [null, ID, [7], [''], Array.from({ length: 501 }, () => ID)] },
  },
  'chat.peers': { valid: { userId: ID, after: ID }, wrong: { userId: REQUIRED_ID, after: OPTIONAL_ID } },
  'chat.members.list': { valid: { after: ID }, wrong: { after: OPTIONAL_ID } },
  'chat.members.remove': { valid: { userId: ID }, wrong: { userId: REQUIRED_ID } },
  'chat.activity.list': { valid: { userId: ID }, wrong: { userId: REQUIRED_ID } },
  'chat.health': { valid: {}, wrong: {} },
  'health.chat': { valid: {}, wrong: {} },
  'event.user.deleted': {
    valid: { userId: ID, at: '2030-01-01T00:00:00.000Z' },
    wrong: { userId: REQUIRED_ID, at: [undefined, null, 7, '', '2030-01-01', '2030-13-01T00:00:00.000Z'] },
  },
};

const BODIES: readonly (readonly [string, string | Uint8Array])[] = [
  ['nothing', ''],
  ['no JSON', '{"userId":'],
  ['no UTF-8', Uint8Array.of(0x22, 0xff, 0xfe, 0x22)],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '7'],
  ['a text', '"text"'],
];

let chat: ChatUnderTest;
let before: string;

beforeAll(async () => {
  chat = await ChatUnderTest.start();
  await aChat(chat, { name: 'There before' });
  before = stored();
});
afterAll(() => chat.stop());

/** A digest of every row of every table. */
function stored(): string {
  return chat.look((database) => {
    const digest = createHash('sha256');
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all();
    for (const { name } of tables)
      digest.update(JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all()));
    return digest.digest('hex');
  });
}

async function ask(subject: string, body: string | Uint8Array): Promise<BareReply> {
  return (await chat.bus.request(subject, body, { timeout: 30_000 })).json<BareReply>();
}

function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text;
}

it('has a row for every subject that chat answers', () => {
  const subjects = Object.keys(SUBJECTS).filter((subject) => /^chat\.|^health\.chat$/.test(subject));

  expect(Object.keys(CASES).filter((subject) => subject in SUBJECTS)).toEqual(subjects);
});

it('finds a changed row, when something was stored', async () => {
  await chat.get('chat.create', { userId: randomUUID() });

  expect(stored()).not.toBe(before);
  before = stored();
});

const FIELDS = Object.entries(CASES).flatMap(([subject, { valid, wrong }]) =>
  Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value) => [subject, field, shown(value), { ...valid, [field]: value }] as const),
  ),
);

it.each(FIELDS)(
  '%s is VALIDATION_FAILED on that field and stores nothing, when %s is %s',
  async (subject, field, _shown, body) => {
    const { error, data } = await ask(subject, JSON.stringify(body));

    expect(data).toBeUndefined();
    expect(error?.code).toBe('VALIDATION_FAILED');
    // An item of a list is named by its place in it.
    expect(new Set(error?.errors?.map((wrong) => wrong.field.replace(/\.\d+$/, '')))).toEqual(
      new Set([field]),
    );
    expect(stored()).toBe(before);
  },
);

it('confirms event.user.deleted with a property that it does not know', async () => {
  const { data } = await ask(
    'event.user.deleted',
    JSON.stringify({ ...CASES['event.user.deleted'].valid, surprise: 1 }),
  );

  expect(data).toEqual({ service: 'chat' });
  before = stored();
});

it.each(Object.entries(CASES).filter(([subject]) => subject in SUBJECTS))(
  '%s is VALIDATION_FAILED and stores nothing, when a property is not known',
  async (subject, { valid }) => {
    const { error } = await ask(subject, JSON.stringify({ ...valid, surprise: 1 }));

    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'surprise' }] });
    expect(stored()).toBe(before);
  },
);

describe.each(Object.keys(CASES))('%s is VALIDATION_FAILED and stores nothing', (subject) => {
  it.each(BODIES)('when the body is %s', async (_what, body) => {
    const { error } = await ask(subject, body);

    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'body' }] });
    expect(stored()).toBe(before);
  });
});
