import { execFile, execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Chat } from '@app/contracts/edge';
import {
  EdgeClient,
  freePort,
  NatsServerUnderTest,
  ServiceProcess,
  SERVICES,
  Stack,
  temporaryFolder,
} from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from './backed-up.js';
import { installedArchives } from './installed-archives.js';

const MINUTE = 60_000;
const KILLS = 4;

interface ExpectedChat {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly messages: readonly { readonly seq: number; readonly id: string; readonly text: string | null }[];
}

/** The readable content of an installation, and its deletions. */
interface ExpectedState {
  readonly reads: Readonly<Record<string, readonly ExpectedChat[]>>;
  readonly deleted: {
    readonly chats: readonly { readonly id: string; readonly key: string }[];
    readonly messages: readonly { readonly chatId: string; readonly id: string }[];
    readonly users: readonly string[];
  };
}

/** The file expected.json of tests/backup/make-installation.mjs. */
interface Expected extends Readonly<Record<'stopped' | 'killed' | 'backup', ExpectedState>> {
  readonly password: string;
}

async function logIn(url: string, username: string, password: string): Promise<EdgeClient> {
  const client = new EdgeClient(url);
  const { status } = await client.call('POST', '/auth/login', { username, password });
  expect(status, `${username} logs in`).toBe(200);
  return client;
}

/** Starts the services and kills them at several moments, then starts the product. */
async function startAfterKills(dataDir: string, startMs: number): Promise<Stack> {
  const nats = await NatsServerUnderTest.start();
  const env = { DATA_DIR: dataDir, NATS_URL: nats.url, PORT: String(await freePort()), HOST: '127.0.0.1' };
  for (let kill = 1; kill <= KILLS; kill++) {
    const services = SERVICES.map((name) => new ServiceProcess(name, env));
    for (const service of services) service.start();
    // The moments are spread over the duration of a start on this machine.
    await new Promise((done) => setTimeout(done, (startMs * kill) / (KILLS + 1)));
    await Promise.all(services.map((service) => service.end('SIGKILL')));
  }
  await nats.stop();
  return Stack.start({ DATA_DIR: dataDir });
}

async function expectMessages(reader: EdgeClient, chat: ExpectedChat): Promise<void> {
  const { messages } = await reader.page(chat.id, '?limit=200');
  // The archives of later versions describe more of a message.
  expect(messages.slice(0, chat.messages.length), chat.name).toMatchObject(chat.messages);
  // A message that was under way at the kill may be stored without an acknowledgement.
  for (const { text } of messages.slice(chat.messages.length)) expect(text).toMatch(/^in the burst/);
  expect(messages.some(({ damaged }) => damaged)).toBe(false);
}

/** Expects all chats, messages and keys, that all users can log in and send, and that deletions are kept. */
async function expectComplete(url: string, password: string, state: ExpectedState): Promise<void> {
  for (const [username, chats] of Object.entries(state.reads)) {
    const reader = await logIn(url, username, password);
    const list = (await reader.call('GET', '/chats')).body['chats'] as Chat[];
    expect(new Set(list.map(({ id }) => id))).toEqual(new Set(chats.map(({ id }) => id)));
    for (const chat of chats) {
      expect(list.find(({ id }) => id === chat.id)?.name).toBe(chat.name);
      // The key may now have a newer text form. Both forms must lead to the chat.
      const { key: shown } = (await reader.call('GET', `/chats/${chat.id}/key`)).body;
      for (const key of [shown, chat.key])
        expect((await reader.call('POST', '/chats/join', { key })).body).toMatchObject({
          chat: { id: chat.id },
        });
      await expectMessages(reader, chat);
    }
    for (const { id, key } of state.deleted.chats) {
      expect((await reader.call('GET', `/chats/${id}`)).status).toBe(404);
      expect((await reader.call('POST', '/chats/join', { key })).body).toMatchObject({
        code: 'CHAT_NOT_FOUND',
      });
    }
  }
  const [reader, chats] = [
    await logIn(url, 'bob', password),
    state.reads['bob'] as readonly ExpectedChat[],
  ] as const;
  for (const { chatId, id } of state.deleted.messages)
    expect((await reader.page(chatId, '?limit=200')).messages.find((one) => one.id === id)).toMatchObject({
      text: null,
      damaged: false,
    });
  for (const username of state.deleted.users) {
    const client = new EdgeClient(url);
    const answer = await client.call('POST', '/auth/login', { username, password });
    expect(answer.body).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  }
  for (const { id } of chats)
    expect(await reader.send(id, 'and on it goes')).toMatchObject({ text: 'and on it goes' });
}

const archives = installedArchives();

/** This takes as long as two starts and a backup. */
const inLongForm = process.env['TEST_LONG'] === '1' ? describe : (): void => undefined;

inLongForm('the installation of today', { timeout: 6 * MINUTE }, () => {
  it('opens after a kill', async () => {
    const folder = temporaryFolder();
    const archive = join(folder.path, 'today.tar.gz');
    await promisify(execFile)(process.execPath, ['tests/backup/make-installation.mjs', archive]);
    execFileSync('tar', ['-xzf', archive, '-C', folder.path]);
    const { killed, password } = JSON.parse(
      readFileSync(join(folder.path, 'expected.json'), 'utf8'),
    ) as Expected;

    const stack = await Stack.start({ DATA_DIR: join(folder.path, 'killed') });
    await expectComplete(stack.url, password, killed);
    await stack.stop();
    folder.remove();
  });
});

it('there is an archive of at least one earlier version', () => {
  expect(archives.length).toBeGreaterThan(0);
});

describe.each(archives)('the installation in %s', { timeout: 6 * MINUTE }, (archive) => {
  let folder: ReturnType<typeof temporaryFolder>;
  let expected: Expected;
  let startMs: number;

  beforeAll(() => {
    folder = temporaryFolder();
    execFileSync('tar', ['-xzf', archive, '-C', folder.path]);
    expected = JSON.parse(readFileSync(join(folder.path, 'expected.json'), 'utf8')) as Expected;
  });
  afterAll(() => folder.remove());

  it.each(['stopped', 'killed'] as const)('opens after it was %s', async (state) => {
    const dataDir = join(folder.path, `${state} and started`);
    cpSync(join(folder.path, state), dataDir, { recursive: true });
    const began = performance.now();
    const stack = await Stack.start({ DATA_DIR: dataDir });
    startMs = performance.now() - began;
    await expectComplete(stack.url, expected.password, expected[state]);
    await stack.stop();
  });

  it.each(['stopped', 'killed'] as const)(
    'opens after it was %s, also when its first starts are killed',
    async (state) => {
      const dataDir = join(folder.path, `${state} and killed at the start`);
      cpSync(join(folder.path, state), dataDir, { recursive: true });
      const stack = await startAfterKills(dataDir, startMs);
      await expectComplete(stack.url, expected.password, expected[state]);
      await stack.stop();
    },
  );

  it.each([
    ['unchanged', [] as string[], 'backup'],
    ['without later deletions', ['--ledger', 'later.ledger'], 'stopped'],
  ] as const)('contains a backup that is restored %s', async (_, [option, file = ''], state) => {
    const dataDir = join(folder.path, `restored to ${state}`);
    const args = [join(folder.path, 'backup'), ...(option ? [option, join(folder.path, file)] : [])];
    const { code, stderr } = await new Command('restore', args, { DATA_DIR: dataDir }).ended();
    expect(code, stderr).toBe(0);
    const stack = await Stack.start({ DATA_DIR: dataDir });
    const whole = expected.backup;
    const { chats, messages, users } = expected[state].deleted;
    const isGone = (id: string): boolean => messages.some((message) => message.id === id);
    const left = (of: readonly ExpectedChat[]): ExpectedChat[] =>
      of
        .filter(({ id }) => !chats.some((chat) => chat.id === id))
        .map((chat) => ({
          ...chat,
          messages: chat.messages.map((one) => (isGone(one.id) ? { ...one, text: null } : one)),
        }));
    // Messages that were sent and deleted after the backup are not in it.
    const known = new Set(
      Object.values(whole.reads).flatMap((of) => of.flatMap((chat) => chat.messages.map(({ id }) => id))),
    );
    await expectComplete(stack.url, expected.password, {
      reads: Object.fromEntries(Object.entries(whole.reads).map(([user, of]) => [user, left(of)])),
      deleted: { chats, users, messages: messages.filter(({ id }) => known.has(id)) },
    });
    await stack.stop();
  });
});
