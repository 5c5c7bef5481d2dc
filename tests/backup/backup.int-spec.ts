import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Chat, Message } from '@app/contracts/edge';
import { EdgeClient, eventually, SERVICES, Stack, temporaryFolder } from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command, filesBelow, hexOf, modesBelow, piecesBelow, valuesIn, type Ended } from './backed-up.js';

const MINUTE = 60_000;

let folder: ReturnType<typeof temporaryFolder>;
let stack: Stack;
let ann: EdgeClient;
let bob: EdgeClient;
let settings: Record<string, string>;
let backups: string;

beforeAll(async () => {
  folder = temporaryFolder();
  backups = join(folder.path, 'backups');
  const ledger = join(folder.path, 'erasures.ledger');
  stack = await Stack.start({ LEDGER_FILE: ledger });
  settings = { DATA_DIR: stack.dataDir, LEDGER_FILE: ledger };
  [ann, bob] = [await EdgeClient.signedUp(stack.url), await EdgeClient.signedUp(stack.url)];
}, 3 * MINUTE);

afterAll(async () => {
  await stack.stop();
  folder.remove();
}, MINUTE);

const backUp = (...args: string[]): Promise<Ended> => new Command('backup', args, settings).ended();

/** Returns the paths of the backups in a folder, the newest last. */
const backupsIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith('Z'))
    .toSorted()
    .map((name) => join(dir, name));

/** Returns the ciphertexts of some messages. */
function sealedOf(where: string, ...values: string[]): Buffer[] {
  const sql = `SELECT sealed FROM messages JOIN heads USING (ref) WHERE sealed IS NOT NULL AND ${where}`;
  return valuesIn(join(stack.dataDir, 'gateway.db'), sql, ...values);
}

/** Creates a chat that Ann joins, and sends some messages. */
async function aChat(creator: EdgeClient, texts: number): Promise<{ chat: Chat; messages: Message[] }> {
  const { chat, key } = await creator.createChat(`chat ${randomUUID()}`);
  if (creator !== ann) await ann.join(key);
  const messages: Message[] = [];
  for (let i = 0; i < texts; i++) messages.push(await creator.send(chat.id, `text ${i} ${randomUUID()}`));
  return { chat, messages };
}

/** Sets a reaction. */
async function react(client: EdgeClient, { chatId, id }: Message, emoji: string): Promise<void> {
  const path = `/chats/${chatId}/messages/${id}/reaction`;
  expect((await client.call('PUT', path, { emoji })).status).toBe(200);
}

/** Returns the sealed emoji of a message's reactions, in the order in which they came. */
function reactionsOf({ id }: Message): Buffer[] {
  const [stored = Buffer.alloc(0)] = valuesIn(
    join(stack.dataDir, 'gateway.db'),
    'SELECT reactions FROM messages WHERE hex(id) = ?',
    hexOf(id ?? ''),
  );
  const sealed: Buffer[] = [];
  for (let at = 0; at < stored.length;) {
    // A user's id, a length, and so many bytes.
    const end = at + 17 + stored.readUInt8(at + 16);
    sealed.push(stored.subarray(at + 17, end));
    at = end;
  }
  return sealed;
}

/** Returns a client with a new session: a restore brings none back. */
async function loggedIn(of: EdgeClient): Promise<EdgeClient> {
  const client = new EdgeClient(stack.url);
  const body = { username: of.user?.username, password: EdgeClient.password };
  const { status } = await client.call('POST', '/auth/login', body);
  expect(status).toBe(200);
  client.user = of.user;
  return client;
}

describe('a backup under load that is restored after deletions', { timeout: 4 * MINUTE }, () => {
  let eve: EdgeClient;
  let kept: { chat: Chat; messages: Message[] };
  let deleted: { chat: Chat; messages: Message[] };
  let eves: { chat: Chat; messages: Message[] };
  let slip: Message;
  let answer: Message;
  let older: string;
  let secrets: Buffer[];
  let lost: string;

  it('is complete, readable by its owner only, with keys and messages in separate folders', async () => {
    eve = await EdgeClient.signedUp(stack.url);
    kept = await aChat(bob, 6);
    deleted = await aChat(bob, 10);
    eves = await aChat(eve, 4);
    slip = await ann.send(kept.chat.id, `slip ${randomUUID()}`);
    answer = await ann.send(eves.chat.id, `answer ${randomUUID()}`);
    await react(bob, slip, '👍');
    await react(eve, answer, '🎉');
    await react(ann, answer, '👍');
    const done = new AbortController();
    const load = (async () => {
      const { chat } = await aChat(bob, 0);
      while (!done.signal.aborted) await bob.send(chat.id, `load ${randomUUID()}`);
    })();

    const { code, stdout, stderr } = await backUp(backups);
    done.abort();
    await load;

    expect(code, stderr).toBe(0);
    older = backupsIn(backups)[0] ?? '';
    expect(stdout).toContain(`Backed up to ${older}`);
    const modes = modesBelow(backups);
    expect([...modes.files, ...modes.folders]).toEqual([0o600, 0o700]);
    const manifest = JSON.parse(readFileSync(join(older, 'manifest.json'), 'utf8')) as {
      files: { bundle: string; name: string; sha256: string; migrations?: string[] }[];
    };
    for (const { bundle, name, sha256 } of manifest.files) {
      const bytes = readFileSync(join(older, bundle, name));
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sha256);
    }
    expect(manifest.files.map(({ bundle, name }) => join(bundle, name))).toEqual([
      'messages/gateway.db',
      'keys/chat.db',
      'accounts/auth.db',
      'master-key/master.key',
      'erasures.ledger',
    ]);
    expect(manifest.files[2]?.migrations).toContain('CreateAuthTables1764000000000');
    // The files of the manifest and the manifest itself: nothing unfinished is left.
    expect(filesBelow(older)).toHaveLength(manifest.files.length + 1);
    const wrapped = valuesIn(join(older, 'keys/chat.db'), 'SELECT wrapped_key FROM chat_keys');
    expect(piecesBelow(join(older, 'keys'), wrapped)).toBeGreaterThan(0);
    expect(piecesBelow(join(older, 'messages'), wrapped)).toBe(0);
  });

  it('contains no byte of later deletions once it is restored', async () => {
    const keys = (sql: string): Buffer[] =>
      valuesIn(join(stack.dataDir, 'chat.db'), `SELECT ${sql} WHERE chat_id = ?`, deleted.chat.id);
    secrets = [
      ...sealedOf('hex(chat_id) = ?', hexOf(deleted.chat.id)),
      ...sealedOf('hex(sender_id) = ?', hexOf(eve.id)),
      ...sealedOf('hex(id) = ?', hexOf(slip.id ?? '')),
      ...reactionsOf(slip),
      ...reactionsOf(answer).slice(0, 1),
      ...keys('wrapped_key FROM chat_keys'),
      ...keys('lookup FROM chat_keys'),
      ...valuesIn(
        join(stack.dataDir, 'auth.db'),
        'SELECT substr(password_hash, -60) FROM users WHERE id = ?',
        eve.id,
      ),
    ];
    expect(secrets).toHaveLength(10 + 4 + 1 + 1 + 1 + 1 + 1 + 1);
    expect((await ann.call('DELETE', `/chats/${deleted.chat.id}`)).status).toBe(200);
    expect((await ann.call('DELETE', `/chats/${kept.chat.id}/messages/${slip.id}`)).status).toBe(200);
    expect((await eve.call('DELETE', '/auth/account', { password: EdgeClient.password })).status).toBe(204);
    // A later backup updates the ledger of the older one.
    const later = await backUp(backups, '--keys', join(folder.path, 'keys'));
    expect(later.code, later.stderr).toBe(0);

    await Promise.all(SERVICES.map((name) => stack.services[name].end('SIGKILL')));
    lost = join(folder.path, 'lost');
    renameSync(stack.dataDir, lost);
    const restored = await new Command('restore', [older], settings).ended();

    expect(restored.code, restored.stderr).toBe(0);
    expect(restored.stdout).toMatch(/erased again 1 chat, 5 messages, 1 account\./);
    expect(piecesBelow(older, secrets)).toBeGreaterThan(secrets.length);
    expect(piecesBelow(stack.dataDir, secrets)).toBe(0);
    const modes = modesBelow(stack.dataDir);
    expect([...modes.files, ...modes.folders]).toEqual([0o600, 0o700]);
    expect(readdirSync(stack.dataDir).toSorted()).toEqual(['auth.db', 'chat.db', 'gateway.db', 'master.key']);
  });

  it('contains everything else, and can be used', async () => {
    for (const name of SERVICES) stack.services[name].start();
    await stack.ready();
    const session = await ann.call('GET', '/auth/me');
    ann = await loggedIn(ann);
    bob = await loggedIn(bob);

    expect(session.status).toBe(401);
    const { messages } = await ann.page(kept.chat.id);
    expect(messages.slice(0, 6)).toEqual(kept.messages);
    expect(messages[6]).toMatchObject({ id: slip.id, text: null, damaged: false });
    expect(messages[6]?.deletedAt).not.toBeNull();
    expect((await ann.call('GET', `/chats/${deleted.chat.id}`)).status).toBe(404);
    const { body } = await ann.call('GET', `/chats/${eves.chat.id}`);
    expect(body['chat']).toMatchObject({
      members: [{ id: ann.id }],
      formerMembers: [{ id: eve.id, username: null }],
      unread: 0,
    });
    const [ofAnn, ...ofEve] = (await ann.page(eves.chat.id)).messages.toReversed();
    for (const { text, deletedAt, damaged } of ofEve)
      expect([text, deletedAt === null, damaged]).toEqual([null, false, false]);
    expect(ofAnn).toMatchObject({ text: answer.text, reactions: [{ userId: ann.id, emoji: '👍' }] });
    expect((await bob.send(kept.chat.id, 'after the restore')).seq).toBe(8);
    expect((await bob.page(kept.chat.id, '?after=7')).messages).toMatchObject([
      { text: 'after the restore' },
    ]);
  });

  it('erases later deletions by its own ledger where the installation and its ledger are lost', async () => {
    const elsewhere = join(folder.path, 'elsewhere');

    const restored = await new Command('restore', [older], { DATA_DIR: elsewhere }).ended();

    expect(restored.code, restored.stderr).toBe(0);
    expect(restored.stdout).toMatch(/erased again 1 chat, 5 messages, 1 account\./);
    expect(piecesBelow(elsewhere, secrets)).toBe(0);
    // The restored installation keeps the entries for its own backups.
    expect(readFileSync(join(elsewhere, 'erasures.ledger'), 'utf8').trimEnd().split('\n')).toHaveLength(3);
  });

  it('is restored with a truncated ledger up to its last complete line, with a warning', async () => {
    const torn = join(folder.path, 'torn.ledger');
    const alone = join(folder.path, 'alone');
    renameSync(older, alone);
    renameSync(settings['LEDGER_FILE'] ?? '', torn);
    truncateSync(torn, statSync(torn).size - 10);
    const elsewhere = join(folder.path, 'truncated');

    const { code, stdout, stderr } = await new Command('restore', [alone, '--ledger', torn], {
      DATA_DIR: elsewhere,
    }).ended();

    expect(code).toBe(0);
    expect(stderr).toContain(`${torn} is torn in its last line: it is read up to there`);
    // The deletion of the account is the last line.
    expect(stdout).toMatch(/erased again 1 chat, 1 message, 0 accounts\./);
  });

  it('is found as the newest of a folder, with its keys in another folder', async () => {
    const elsewhere = join(folder.path, 'newest');
    const keys = join(folder.path, 'keys');
    const [newest = ''] = backupsIn(backups);
    expect(readdirSync(newest).toSorted()).toEqual([
      'accounts',
      'erasures.ledger',
      'manifest.json',
      'messages',
    ]);

    const without = await new Command('restore', [backups], { DATA_DIR: elsewhere }).ended();
    const restored = await new Command('restore', [backups, '--keys', keys], { DATA_DIR: elsewhere }).ended();

    expect(without).toMatchObject({ code: 1, stdout: '' });
    expect(without.stderr).toMatch(/keys\/chat\.db is missing \(--keys DIR says where keys are kept\)/);
    expect(restored.code, restored.stderr).toBe(0);
    expect(restored.stdout).toMatch(/erased again 0 chats, 0 messages, 0 accounts\./);
  });
});

describe('a running backup', { timeout: 4 * MINUTE }, () => {
  it('releases the database for an erasure and starts again', async () => {
    const filler = new Database(join(stack.dataDir, 'gateway.db'), { timeout: 30_000 });
    filler.exec(
      'CREATE TABLE filler AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7500) SELECT randomblob(4000) AS bytes FROM n',
    );
    filler.close();
    const target = join(folder.path, 'interrupted');
    let before: Command | undefined;
    /** Starts a backup and pauses the process that copies the messages. Throws when the copy was complete before. */
    const stopped = async (): Promise<Command> => {
      // A second backup would be refused while one runs.
      await before?.ended();
      const command = new Command('backup', [target], settings);
      before = command;
      const { pid = 0 } = command.child;
      const halfway = (): boolean =>
        existsSync(target) &&
        readdirSync(target).some((name) => {
          if (!name.endsWith('.unfinished')) return false;
          const copy = statSync(join(target, name, 'messages/gateway.db'), { throwIfNoEntry: false });
          return (copy?.size ?? 0) > 1e6;
        });
      while (!halfway()) {
        if (command.child.exitCode !== null) throw new Error(`the backup has ended: ${command.stderr}`);
        await new Promise(setImmediate);
      }
      const [copier = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
      // Signalling process 0 would signal the whole process group.
      if (copier === '') throw new Error('the copy is complete');
      process.kill(Number(copier), 'SIGSTOP');
      return command;
    };
    const command = await eventually(stopped, 'the copying process is paused halfway', MINUTE);
    const { chat } = await aChat(bob, 3);

    const answer = await bob.call('DELETE', `/chats/${chat.id}`);

    expect(answer.status).toBe(200);
    const { code, stderr } = await command.ended();
    expect(stderr).toContain('gateway.db: begun again, to let an erasure pass');
    expect(code).toBe(0);
    const copy = join(backupsIn(target).at(-1) ?? '', 'messages/gateway.db');
    expect(valuesIn(copy, 'SELECT count(*) || ? FROM filler', ' rows').toString()).toBe('7500 rows');
  });

  it('is removed when it is terminated, and an unfinished one is never restored', async () => {
    const target = join(folder.path, 'ended');
    mkdirSync(join(target, '2026-01-01T00-00-00.000Z.unfinished'), { recursive: true });

    const restored = await new Command('restore', [target], { DATA_DIR: join(folder.path, 'none') }).ended();
    const command = new Command('backup', [target], settings);
    await eventually(
      () => readdirSync(target).some((name) => !name.startsWith('2026-01-01')),
      'the backup has begun',
      MINUTE,
    );
    command.child.kill('SIGTERM');

    expect(restored).toMatchObject({ code: 1, stdout: '' });
    expect(restored.stderr).toBe(`secure-chat: there is no whole backup in ${target}\n`);
    expect((await command.ended()).code).toBe(130);
    expect(readdirSync(target)).toEqual([]);
  });
});
