import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { EdgeClient, eventually, Stack } from '@app/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, type Engine } from './engine.js';
import { startEngine } from './installed-engines.js';
import { Visitor } from './visitor.js';

const UNREAD = 120;
const NEW_PASSWORD = 'four random words of mine';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ API_RATE_LIMIT: '0' });
});
afterAll(() => stack.stop());

describe.each(ENGINES)('in %s', (name) => {
  let engine: Engine;
  const visitors: Visitor[] = [];
  const clients: EdgeClient[] = [];

  beforeAll(async () => {
    engine = await startEngine(name);
    console.log(`${name}: ${engine.version}`);
  });
  afterAll(() => engine?.close());
  afterEach(async ({ task }) => {
    for (const [place, one] of visitors.entries())
      if (task.result?.state === 'fail') await keepPicture(`${name} ${task.name} ${place}`, one);
    await Promise.all(visitors.splice(0).map((one) => one.close()));
    clients.splice(0).forEach((client) => client.close());
  });

  async function newVisitor(): Promise<Visitor> {
    const one = new Visitor(await engine.tab(), stack.origin);
    visitors.push(one);
    return one;
  }

  async function signedUp(username = uniqueName()): Promise<Visitor> {
    const one = await newVisitor();
    await one.open('/sign-up');
    await one.type('Username', username);
    await one.type('Password', EdgeClient.password);
    await one.click('button', 'Sign up');
    await one.comesTo(/^\/chats/);
    await one.reads('status', 'Connected');
    return one;
  }

  /** Somebody at the browser who has made a chat, and somebody who has joined it from elsewhere. */
  async function pair(): Promise<{ here: Visitor; there: EdgeClient; chatId: string }> {
    const [here, there] = await Promise.all([signedUp(), EdgeClient.signedUp(stack.url)]);
    clients.push(there);
    await here.click('button', 'New chat');
    await here.type('Chat name', 'Holiday plans');
    await here.click('button', 'Create');
    const key = await here.value('Chat key', /^\S{20,}$/);
    await here.click('button', 'Open chat');
    await here.comesTo(/^\/chats\/[0-9a-f-]{36}$/);
    const chat = await there.join(key);
    return { here, there, chatId: chat.id };
  }

  it('signs up, creates a chat, and reads what the other writes back', async () => {
    const { here, there, chatId } = await pair();
    await here.say('Is the key still under the blue pot?');
    await here.reads('article', /under the blue pot[^]*Stored/);
    await there.send(chatId, 'Always. See you at six.');
    await here.reads('article', 'See you at six');
    expect(await here.axeFindings()).toEqual([]);
  });

  it('joins a chat by its link, and takes the key out of the address', async () => {
    const [here, there] = await Promise.all([signedUp(), EdgeClient.signedUp(stack.url)]);
    const { chat, key } = await there.createChat('Holiday plans');
    await there.send(chat.id, 'Written before');
    await here.open(`/join#${key}`);
    await here.value('Chat key', /\S{20,}/);
    expect(await here.address()).toBe('/join');
    await here.click('button', 'Join');
    await here.comesTo(new RegExp(`^/chats/${chat.id}$`));
    await here.reads('article', 'Written before');
  });

  it('shows the states of a message', async () => {
    const { here, there, chatId } = await pair();
    await here.say('One');
    await here.reads('article', /One[^]*Stored/);
    const { socket } = await there.connect();
    const { lastSeq } = (await there.call('GET', `/chats/${chatId}`)).body['chat'] as { lastSeq: number };
    socket.emit('message:delivered', { chatId, seq: lastSeq }, () => undefined);
    await here.reads('article', /One[^]*Delivered/);
    await there.call('POST', `/chats/${chatId}/read`, { seq: lastSeq });
    await here.reads('article', /One[^]*Read/);
  });

  it('keeps a draft over a reload', async () => {
    const { here } = await pair();
    await here.type('Message', 'Not sent yet');
    await here.reload();
    await here.value('Message', /^Not sent yet$/);
  });

  it('opens a chat with many unread messages at the first of them, and is at its end after the jump', async () => {
    const { here, there, chatId } = await pair();
    await here.open('/chats');
    await there.send(chatId, 'Before all');
    for (let number = 1; number < UNREAD; number++) await there.send(chatId, `Number ${number}`);
    await here.reads('link', String(UNREAD), 'Holiday plans');
    await here.click('link', 'Holiday plans');
    await here.reads('article', 'Before all');
    await here.click('button', 'Jump to latest');
    await here.reads('article', `Number ${UNREAD - 1}`);
    await eventually(
      async () =>
        (
          (await there.call('GET', `/chats/${chatId}`)).body['chat'] as { members: { readSeq: number }[] }
        ).members.every(({ readSeq }) => readSeq === UNREAD || readSeq === 0),
      'all is read',
    );
  });

  it('waits while the line is cut, and then sends', async () => {
    const { here, there, chatId } = await pair();
    await here.say('Before the cut');
    await here.reads('article', /Before the cut[^]*Stored/);
    await stack.kill('gateway');
    await here.reads('status', /Reconnecting|Offline/);
    await here.say('During the cut');
    await here.reads('article', /During the cut[^]*Sending/);
    await stack.restart('gateway');
    await here.reads('status', 'Connected');
    await here.reads('article', /During the cut[^]*Stored/);
    const { messages } = await there.page(chatId);
    expect(messages.map(({ text }) => text)).toEqual(['Before the cut', 'During the cut']);
  });

  it('deletes a chat for both', async () => {
    const { here, there, chatId } = await pair();
    await here.say('Soon gone');
    await here.reads('article', /Soon gone[^]*Stored/);
    await here.click('button', 'Chat menu');
    await here.click('menuitem', 'Delete chat');
    await here.click('button', 'Delete for both');
    await here.seesNo('link', 'Holiday plans');
    await here.seesNo('article', 'Soon gone');
    expect((await there.call('GET', `/chats/${chatId}`)).status).toBe(404);
  });

  it('changes the password, lists the sessions, and signs out', async () => {
    const username = uniqueName();
    const here = await signedUp(username);
    const there = new EdgeClient(stack.url);
    await here.open('/account');
    await here.sees('list', 'Sessions');
    await here.type('Current password', EdgeClient.password);
    await here.type('New password', NEW_PASSWORD);
    await here.click('button', 'Change password');
    await eventually(
      async () =>
        (await there.call('POST', '/auth/login', { username, password: NEW_PASSWORD })).status === 200,
      'the new password is set',
    );
    await here.click('button', 'Account');
    await here.click('menuitem', 'Sign out');
    await here.comesTo(/^\/log-in/);
  });
});

/** Keeps what is to be seen after a failure. */
async function keepPicture(title: string, visitor: Visitor): Promise<void> {
  mkdirSync('test-results/engines', { recursive: true });
  writeFileSync(`test-results/engines/${title.replaceAll(/\W+/g, '-')}.png`, await visitor.screenshot());
}

function uniqueName(): string {
  return `u-${randomUUID().slice(0, 12)}`;
}
