import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { EdgeClient, eventually, Stack, temporaryFolder, type EdgeAnswer } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fill, FILLER } from './faults.js';
import { waitFor } from './wait-for.js';

const DISK = 'size=24m';
/** Enough file descriptors to start: Node reads many modules at the same time. */
const DESCRIPTORS = 400;

const folder = temporaryFolder();
/** Root alone can mount a small file system, which the test fills. */
const disks = process.getuid?.() === 0 ? ['a disk of 24 MiB'] : [];
const cleanUps: (() => unknown)[] = [folder.remove];
let stack: Stack;

beforeAll(async () => {
  if (disks.length > 0) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', folder.path]);
    cleanUps.push(() => execFileSync('umount', ['--lazy', folder.path]));
  }
  stack = await Stack.start({ DATA_DIR: folder.path });
  cleanUps.push(() => stack.stop());
});
afterEach(() => rmSync(join(folder.path, FILLER), { force: true }));
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

const someone = (): Promise<EdgeClient> => waitFor(() => EdgeClient.signedUp(stack.url), 'a user signs up');

/** Returns the errors in the log since a position. */
const errorsSince = (before: number): string[] =>
  stack.log
    .slice(before)
    .split('\n')
    .filter((line) => line.startsWith('{"level":50'));

describe('a full disk', () => {
  it.each(disks)(
    '(%s) makes sends SERVICE_UNAVAILABLE without storing anything, and reads continue',
    async () => {
      const ann = await someone();
      const { chat } = await ann.createChat();
      const socket = await ann.connect();
      const filler = join(folder.path, FILLER);
      const path = `/chats/${chat.id}/messages`;
      const sizes = { clientMessageId: '', text: '' };
      await ann.send(chat.id, 'before');

      fill(filler);
      const before = stack.log.length;
      let refused: EdgeAnswer | undefined;
      // The write-ahead log may still have space for some messages.
      for (let i = 0; refused === undefined; i++) {
        sizes.clientMessageId = randomUUID();
        sizes.text = `${i} ${'x'.repeat(3_000)}`;
        const answer = await ann.call('POST', path, sizes);
        if (answer.status !== 201) refused = answer;
      }
      const ack = await socket.ask('message:send', { chatId: chat.id, ...sizes });

      expect([refused.status, refused.body['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(ack).toMatchObject({ ok: false, error: { code: 'SERVICE_UNAVAILABLE' } });
      const during = await ann.page(chat.id, '?after=0&limit=200');
      expect(during.messages.some((message) => message.clientMessageId === sizes.clientMessageId)).toBe(
        false,
      );
      expect((await ann.request('GET', '/health/live')).status).toBe(200);
      // The gateway caches readiness for a second.
      const ready = await eventually(async () => {
        const answer = await ann.request('GET', '/health/ready');
        return answer.status === 503 && answer;
      }, '/health/ready is 503');
      expect([ready.status, ready.body['missing']]).toEqual([503, expect.arrayContaining(['database'])]);
      expect(errorsSince(before).some((line) => /SQLITE_(FULL|IOERR)/.test(line))).toBe(true);

      rmSync(filler);
      await waitFor(
        async () => (await ann.call('POST', path, sizes)).status === 201,
        'the message is stored',
      );
      await stack.ready();
      expect((await ann.call('POST', path, sizes)).status).toBe(200);
      const { messages } = await ann.page(chat.id, '?after=0&limit=200');
      expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
      expect(messages.slice(0, during.messages.length)).toEqual(during.messages);
      expect(messages.at(-1)?.text).toBe(sizes.text);
      ann.close();
    },
  );
});

describe('used-up file descriptors', () => {
  it('prevent new connections only, and no longer once some are free', async () => {
    const { gateway } = stack.services;
    await gateway.end('SIGTERM');
    gateway.start(['sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh']);
    await stack.ready();
    const [ann, bob] = [await someone(), await someone()];
    const { chat, key } = await ann.createChat();
    await bob.join(key);
    const [annSocket, bobSocket] = [await ann.connect(), await bob.connect()];
    const held: Socket[] = [];
    for (let i = 0; i < DESCRIPTORS; i++) {
      const idle = connect(stack.port, '127.0.0.1').on('error', () => undefined);
      held.push(idle);
      await once(idle, 'connect').catch(() => undefined);
    }

    await expect(secondClient(ann).connect()).rejects.toThrow();
    const text = 'while there are none';
    const sent = { chatId: chat.id, clientMessageId: randomUUID(), text };
    expect(await annSocket.ask('message:send', sent)).toMatchObject({ ok: true });
    await eventually(() => bobSocket.of('message:new').length === 1, 'message:new arrives');

    for (const idle of held) idle.destroy();
    const socket = await waitFor(() => secondClient(ann).connect(), 'a new connection succeeds');
    expect(socket.socket.connected).toBe(true);
    socket.socket.disconnect();
    expect((await ann.page(chat.id)).messages).toHaveLength(1);
    expect(gateway.running).toBe(true);
    for (const client of [ann, bob]) client.close();
  });
});

/** Returns a second client of a user. */
function secondClient(user: EdgeClient): EdgeClient {
  const client = new EdgeClient(stack.url);
  for (const [name, value] of user.cookies) client.cookies.set(name, value);
  return client;
}
