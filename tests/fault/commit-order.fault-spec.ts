import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EdgeClient, eventually, Stack, temporaryFolder } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { check, NO_FAULTS, type Verdict } from './checker.js';
import { History } from './history.js';
import { waitFor } from './wait-for.js';
import { ChatUser } from './chat-user.js';

let stack: Stack;
const folder = temporaryFolder();

beforeAll(async () => {
  stack = await Stack.start();
});
afterEach(() => stack.kill('gateway'));
afterAll(async () => {
  await stack.stop();
  folder.remove();
});

/** Restarts the gateway. @param through a command that executes it */
async function startGateway(through: readonly string[] = []): Promise<void> {
  await stack.kill('gateway');
  stack.services.gateway.start(through);
  await stack.ready();
}

/** Kills the gateway once some messages are acknowledged, restarts it, waits for all others, and checks the history. */
async function verdictAfterKill(through: readonly string[]): Promise<Verdict> {
  await startGateway(through);
  const history = new History();
  // On a busy machine hashing may exceed the deadline of a registration, which is then repeated.
  const someone = (): Promise<ChatUser> =>
    waitFor(() => ChatUser.signedUp(history, `u-${randomUUID().slice(0, 8)}`, stack.url), 'a user signs up');
  const [ann, bob] = [await someone(), await someone()];
  const chatId = await waitFor(() => ann.chatWith(bob), 'a chat is created');
  for (let i = 0; i < 40; i++) for (const user of [ann, bob]) user.send(chatId);
  await eventually(() => history.count('acknowledged') > 0, 'some messages are acknowledged');
  await startGateway();
  await waitFor(() => ann.unacknowledged + bob.unacknowledged === 0, 'all messages are acknowledged');
  const stored = await ann.everything(chatId);
  await eventually(() => history.count('shown') >= 2 * stored.length, 'all messages are shown', 5_000).catch(
    () => undefined, // the checker reports what is missing
  );
  for (const { client } of [ann, bob]) client.stop();
  return check(history, new Map([[chatId, stored]]));
}

/** The path of strace. Without it the test is skipped, except in CI, where `.ci/run` installs it. */
const tracers = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((place) => join(place, 'strace'))
  .filter((file) => existsSync(file))
  .slice(0, 1);
if (tracers.length === 0 && process.env['CI'] === 'true') tracers.push('strace');

describe('an acknowledgement', () => {
  it('before the commit, injected into the gateway, is reported by the checker after a SIGKILL', async () => {
    const planted = pathToFileURL(join(import.meta.dirname, 'planted/hasty-writer.mjs')).href;

    const verdict = await verdictAfterKill(['env', `NODE_OPTIONS=--import=${planted}`]);

    expect(verdict.acknowledgedAndMissing).toBeGreaterThan(0);
  });

  it('is sent after the commit: a SIGKILL loses no acknowledged message', async () => {
    expect(await verdictAfterKill([])).toEqual(NO_FAULTS);
  });

  it.each(tracers)(
    'is written to the network only after the write-ahead log is synced to the disk, by the system calls',
    async (strace) => {
      const trace = join(folder.path, 'trace');
      const calls = 'trace=read,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync';
      await startGateway([strace, '-D', '-f', '-y', '-s', '4096', '-e', calls, '-o', trace]);
      const ann = await EdgeClient.signedUp(stack.url);
      const { chat } = await ann.createChat();
      const sent = randomUUID();

      await ann.send(chat.id, 'seen by the kernel', sent);
      await stack.kill('gateway');

      const lines = await eventually(() => {
        const read = readFileSync(trace, 'utf8').split('\n');
        return read.some((line) => line.includes('killed by SIGKILL')) && read;
      }, 'the trace is complete');
      const received = lines.findIndex((line) => / read\(/.test(line) && line.includes(sent));
      const after = (from: number, pattern: RegExp): number =>
        lines.findIndex((line, i) => i > from && pattern.test(line));
      const logged = after(received, /pwrite64\(\d+<[^>]*gateway\.db-wal>/);
      const synced = after(logged, /f(data)?sync\(\d+<[^>]*gateway\.db-wal>\) += 0/);
      const answered = after(received, /HTTP\/1\.1 201/);
      expect(received).toBeGreaterThan(-1);
      expect(logged).toBeGreaterThan(received);
      expect(synced).toBeGreaterThan(logged);
      expect(answered).toBeGreaterThan(synced);
      expect(lines.slice(received + 1, answered).some((line) => line.includes(sent))).toBe(false);
    },
  );
});
