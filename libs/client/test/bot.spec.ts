import { eventually } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { echo } from '../../../examples/bot/src/echo.js';
import { ChatClient } from '../src/chat-client.js';
import { CookieJar } from '../src/cookie-jar.js';
import { CHAT, ME } from './factories.js';
import { SmallServer } from './small-server.js';

describe('echo bot', () => {
  let server: SmallServer;
  let bot: ChatClient;

  beforeEach(async () => {
    server = await new SmallServer().start();
    bot = new ChatClient({ baseUrl: server.url, cookies: new CookieJar() });
    echo(bot);
    await bot.logIn('other', 'password');
    await eventually(() => bot.ready, 'the bot is there');
  });
  afterEach(async () => {
    bot.stop();
    await server.kill();
  });

  const answers = (): readonly (string | null)[] =>
    server.history.filter(({ senderId }) => senderId !== ME).map(({ text }) => text);

  it('answers each message once and its own never, when somebody writes', async () => {
    for (const n of [1, 2]) server.tell('message:new', { message: server.store(ME, `hello ${n}`, `c${n}`) });

    await eventually(() => answers().length === 2, 'both are answered');
    expect(answers()).toEqual(['You said: hello 1', 'You said: hello 2']);
    await eventually(() => server.reads.includes(2), 'both are read');
    expect(bot.unsent(CHAT)).toEqual([]);
  });

  it('answers what came while the server was away', async () => {
    await server.kill();
    server.store(ME, 'are you there?', 'c1');
    await server.start();

    await eventually(() => answers().length === 1, 'it is answered');
    expect(answers()).toEqual(['You said: are you there?']);
  });

  it('cuts its answer, when it would be too long to be sent', async () => {
    server.tell('message:new', { message: server.store(ME, '😀'.repeat(4_000), 'c1') });

    await eventually(() => answers().length === 1, 'it is answered');
    expect(Array.from(answers()[0] ?? '')).toHaveLength(4_000);
  });
});
