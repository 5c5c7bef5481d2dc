import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chat } from '@app/contracts/edge';
import { EdgeClient, eventually, Stack } from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let stack: Stack;
let ann: EdgeClient;

beforeAll(async () => {
  stack = await Stack.start();
  ann = await EdgeClient.signedUp(stack.url);
});
afterAll(() => {
  ann.close();
  return stack.stop();
});

/** Returns the files of the data folder. */
function files(): { name: string; bytes: Buffer }[] {
  return readdirSync(stack.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }));
}

/** Returns how many 16-byte pieces of some secrets are in the files of the data folder. */
function pieces(secrets: readonly Buffer[]): number {
  const wanted = new Set<string>();
  for (const secret of secrets)
    for (let i = 0; i + 16 <= secret.length; i += 16) wanted.add(secret.toString('latin1', i, i + 16));
  let found = 0;
  for (const { bytes } of files()) {
    const text = bytes.toString('latin1');
    for (let i = 0; i + 16 <= text.length; i++) if (wanted.has(text.slice(i, i + 16))) found++;
  }
  return found;
}

/** Returns the ciphertexts and the wrapped key of a chat from both databases. */
function stored(chatId: string): Buffer[] {
  const id = chatId.replaceAll('-', '').toUpperCase();
  const messages = new Database(join(stack.dataDir, 'gateway.db'), { readonly: true });
  const keys = new Database(join(stack.dataDir, 'chat.db'), { readonly: true });
  try {
    const sealed = messages
      .prepare(
        'SELECT sealed FROM messages JOIN heads USING (ref) WHERE hex(chat_id) = ? AND sealed IS NOT NULL',
      )
      .all(id) as { sealed: Buffer }[];
    const wrapped = keys
      .prepare('SELECT wrapped_key AS bytes FROM chat_keys WHERE chat_id = ?')
      .get(chatId) as {
      bytes: Buffer;
    };
    return [...sealed.map((row) => row.sealed), wrapped.bytes];
  } finally {
    messages.close();
    keys.close();
  }
}

describe('DELETE /chats/:id', () => {
  it('leaves no 16-byte piece of the chat’s ciphertexts or wrapped key in any file, despite concurrent writes', async () => {
    const chats: Chat[] = [];
    for (let i = 0; i < 12; i++) chats.push((await ann.createChat(`chat ${i}`)).chat);
    const write = async (round: number): Promise<void> => {
      for (const chat of chats)
        for (let i = 0; i < 4; i++)
          await ann.send(chat.id, randomBytes(20 + ((round * 37 + i * 211) % 900)).toString('base64'));
    };

    for (let round = 0; round < 3; round++) {
      await write(round);
      const victim = chats.splice((round * 5) % chats.length, 1)[0];
      const secrets = stored(victim?.id ?? '');
      expect(pieces(secrets)).toBeGreaterThan(0);
      const writing = write(round + 10);
      const answer = await ann.call('DELETE', `/chats/${victim?.id}`);
      expect(answer.status).toBe(200);
      await writing;
      expect(pieces(secrets)).toBe(0);
    }
    for (const chat of chats)
      expect((await ann.page(chat.id)).messages.every(({ damaged }) => !damaged)).toBe(true);
  });
});

describe.each(['chat', 'gateway'] as const)('an erasure during which %s is killed', (service) => {
  it('finishes by itself after the restart, and the chat cannot be read meanwhile', async () => {
    const { chat } = await ann.createChat();
    for (let i = 0; i < 20; i++) await ann.send(chat.id, `secret ${i} ${randomUUID()}`);
    const secrets = stored(chat.id);

    const deleting = ann.call('DELETE', `/chats/${chat.id}`).catch(() => undefined);
    await stack.kill(service);
    await deleting;
    await stack.restart(service);

    // The deletion has not begun, or it finishes by itself. Repeating the call is safe in both cases.
    const answer = await eventually(async () => {
      const again = await ann.call('DELETE', `/chats/${chat.id}`);
      return again.status === 200 ? again : undefined;
    }, 'DELETE returns the erasure receipt');
    expect(answer.body).toMatchObject({ receipt: { chatId: chat.id, messagesErased: 20 } });
    expect(pieces(secrets)).toBe(0);
    expect((await ann.call('GET', `/chats/${chat.id}/messages`)).status).toBe(404);
  });
});

describe('while chat runs and does not answer', () => {
  it('deleting and leaving a chat are SERVICE_UNAVAILABLE within 3 s and change nothing', async () => {
    const { chat } = await ann.createChat();
    await ann.send(chat.id, 'stays');
    stack.services.chat.signal('SIGSTOP');
    try {
      for (const path of [`/chats/${chat.id}`, `/chats/${chat.id}/members/me`]) {
        const began = performance.now();
        const answer = await ann.call('DELETE', path);
        expect([answer.status, answer.body['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
        // The contract's 3 s and a margin for a busy machine. A deletion that has begun would take 9 s.
        expect(performance.now() - began).toBeLessThan(6_000);
      }
    } finally {
      stack.services.chat.signal('SIGCONT');
    }
    await eventually(
      async () => (await ann.call('GET', `/chats/${chat.id}/messages`)).status === 200,
      'the chat can be read again',
    );
    expect((await ann.page(chat.id)).messages).toHaveLength(1);
  });
});

describe('while a reader of the write-ahead log prevents scrubbing', () => {
  const held = async (file: string, work: () => Promise<void>): Promise<void> => {
    const reader = new Database(join(stack.dataDir, file), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM erasures').get();
    try {
      await work();
    } finally {
      reader.close();
    }
  };

  it.each(['gateway.db', 'chat.db'])(
    'DELETE is 503 with Retry-After, the chat is CHAT_NOT_FOUND, and %s is scrubbed once the reader ends',
    async (file) => {
      const { chat } = await ann.createChat();
      await ann.send(chat.id, 'to be erased');
      const secrets = stored(chat.id);

      await held(file, async () => {
        const refused = await ann.call('DELETE', `/chats/${chat.id}`);

        expect([refused.status, refused.body['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect((await ann.call('GET', `/chats/${chat.id}/messages`)).status).toBe(404);
      });
      const receipt = await eventually(async () => {
        const again = await ann.call('DELETE', `/chats/${chat.id}`);
        return again.status === 200 && again;
      }, 'DELETE returns the erasure receipt');

      expect(receipt.body).toMatchObject({ receipt: { chatId: chat.id, messagesErased: 1 } });
      expect(pieces(secrets)).toBe(0);
    },
  );

  it('leaving as the last member is 503 with Retry-After, and the chat is erased once the reader ends', async () => {
    const { chat } = await ann.createChat();
    await ann.send(chat.id, 'to be erased');
    const secrets = stored(chat.id);

    await held('gateway.db', async () => {
      const refused = await ann.call('DELETE', `/chats/${chat.id}/members/me`);

      expect([refused.status, refused.body['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await ann.call('GET', `/chats/${chat.id}/messages`)).status).toBe(404);
    });

    await eventually(() => pieces(secrets) === 0, 'no piece of the chat is left');
  });
});

describe('a message whose deletion fails in the database', () => {
  it('counts as unread until it is deleted', async () => {
    const bob = await EdgeClient.signedUp(stack.url);
    const { chat, key } = await ann.createChat();
    await bob.join(key);
    const message = await ann.send(chat.id, 'to be deleted');
    await ann.send(chat.id, 'to stay');
    const seenByBob = async (): Promise<unknown> => (await bob.call('GET', `/chats/${chat.id}`)).body['chat'];
    const database = new Database(join(stack.dataDir, 'gateway.db'));
    database.exec(
      "CREATE TRIGGER refuse BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'no mark is written'); END",
    );

    const refused = await ann.call('DELETE', `/chats/${chat.id}/messages/${message.id}`);
    database.exec('DROP TRIGGER refuse');
    database.close();
    const seenMeanwhile = await seenByBob();
    const deleted = await ann.call('DELETE', `/chats/${chat.id}/messages/${message.id}`);

    expect(refused.status).toBe(500);
    expect(seenMeanwhile).toMatchObject({ unread: 2 });
    expect(deleted.status).toBe(200);
    expect(await seenByBob()).toMatchObject({ unread: 1 });
  });
});

describe('the data folder and the logs', () => {
  it('contain no text, password, token or key', async () => {
    const text = `canary-${randomUUID()}`;
    const { chat, key } = await ann.createChat(`name-${text}`);
    await ann.send(chat.id, text);
    const token = ann.token ?? '';

    for (const secret of [text, EdgeClient.password, token, key])
      for (const form of [
        secret,
        Buffer.from(secret).toString('hex'),
        Buffer.from(secret).toString('base64').slice(0, -4),
      ]) {
        for (const { name, bytes } of files()) expect(bytes.includes(form), `${form} in ${name}`).toBe(false);
        expect(stack.log).not.toContain(form);
      }
  });
});
