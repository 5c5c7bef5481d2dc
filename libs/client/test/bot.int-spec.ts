import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { EdgeClient, eventually, Stack } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const LIMIT_MS = 120_000;

let stack: Stack;
let bot: ChildProcess | undefined;

beforeAll(async () => {
  // As libs/client/README.md says.
  const nest = resolve(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  const args = [nest, 'build', '--config', 'examples/bot/nest-cli.json'];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  stack = await Stack.start();
}, 2 * LIMIT_MS);
afterAll(async () => {
  bot?.kill('SIGKILL');
  await stack.stop();
});

describe('examples/bot as its user starts it', () => {
  it(
    'joins, answers, answers what came while the server was away, and signs out when it is ended',
    async () => {
      const [ann, echo] = await Promise.all([EdgeClient.signedUp(stack.url), EdgeClient.signedUp(stack.url)]);
      const { chat, key } = await ann.createChat();
      const answers = async (): Promise<(string | null)[]> =>
        (await ann.page(chat.id)).messages
          .filter(({ senderId }) => senderId === echo.id)
          .map(({ text }) => text);
      bot = spawn(process.execPath, ['dist/examples/bot/examples/bot/src/main.js', key], {
        cwd: ROOT,
        env: {
          BOT_SERVER: stack.url,
          BOT_USERNAME: echo.user?.username ?? '',
          BOT_PASSWORD: EdgeClient.password,
        },
        stdio: 'ignore',
      });
      await eventually(
        async () =>
          ((await ann.call('GET', `/chats/${chat.id}`)).body['chat'] as typeof chat).members.length === 2,
        'it joins',
      );

      await ann.send(chat.id, 'hello');
      await eventually(async () => (await answers()).length === 1, 'it answers');
      await stack.kill('gateway');
      await stack.restart('gateway');
      await ann.send(chat.id, 'still there?');
      await eventually(async () => (await answers()).length === 2, 'it answers again');
      bot.kill('SIGTERM');
      await once(bot, 'exit');

      expect(await answers()).toEqual(['You said: hello', 'You said: still there?']);
      expect(bot.exitCode).toBe(0);
      const { events } = (await echo.call('GET', '/auth/activity')).body as { events: { type: string }[] };
      expect(events[0]?.type).toBe('logged-out');
    },
    LIMIT_MS,
  );
});
