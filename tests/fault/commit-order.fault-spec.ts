import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EdgeClient, eventually, Stack, temporaryFolder } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { check, NO_FAULTS, type Verdict } from './checker.js';
import { History } from './history.js';
import { patiently } from './patience.js';
import { Talker } from './talker.js';

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

/** Starts the gateway anew through a command that becomes it. */
async function startGateway(through: readonly string[] = []): Promise<void> {
  await stack.kill('gateway');
  stack.services.gateway.start(through);
  await stack.ready();
}

/** Two talk, and the gateway is killed as soon as some messages are acknowledged; then all are, and are judged. */
async function verdictOfAKill(through: readonly string[]): Promise<Verdict> {
  await startGateway(through);
  const history = new History();
  // Hashing a password takes its time on a busy machine: a sign-up that was refused for it is repeated.
  const someone = (): Promise<Talker> =>
    patiently(() => Talker.signedUp(history, `u-${randomUUID().slice(0, 8)}`, stack.url), 'one signs up');
  const [ann, bob] = [await someone(), await someone()];
  const chatId = await patiently(() => ann.chatWith(bob), 'a chat is made');
  for (let i = 0; i < 40; i++) for (const talker of [ann, bob]) talker.say(chatId);
  await eventually(() => history.count('acknowledged') > 0, 'some are acknowledged');
  await startGateway();
  await patiently(() => ann.unacknowledged + bob.unacknowledged === 0, 'all are acknowledged');
  const stored = await ann.everything(chatId);
  await eventually(() => history.count('shown') >= 2 * stored.length, 'all is shown', 5_000).catch(
    () => undefined, // the checker tells what is missing
  );
  for (const { client } of [ann, bob]) client.stop();
  return check(history, new Map([[chatId, stored]]));
}

/** strace, a tool of Linux that `.ci/run` installs: where it is not, only a run of that kind asks for it. */
const tracers = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((place) => join(place, 'strace'))
  .filter((file) => existsSync(file))
  .slice(0, 1);
if (tracers.length === 0 && process.env['CI'] === 'true') tracers.push('strace');

describe('an acknowledgement', () => {
  it('before the commit, planted in the real gateway, is found by the checker when that is killed', async () => {
    const planted = pathToFileURL(join(import.meta.dirname, 'planted/hasty-writer.mjs')).href;

    const verdict = await verdictOfAKill(['env', `NODE_OPTIONS=--import=${planted}`]);

    expect(verdict.acknowledgedAndMissing).toBeGreaterThan(0);
  });

  it('of the gateway as it is comes after the commit: the same kill loses nothing', async () => {
    expect(await verdictOfAKill([])).toEqual(NO_FAULTS);
  });

  it.each(tracers)(
    'is written to the network only after the write-ahead log was synced to the disk, as the kernel saw it',
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
