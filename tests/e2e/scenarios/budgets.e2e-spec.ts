import { join } from 'node:path';
import { initialBytes } from '../../../tools/client-budget.mjs';
import { numbered, write } from '../pages/history.js';
import { expect, test } from '../pages/people.js';
import { listPainted } from '../pages/timing.js';

const CLIENT = join(import.meta.dirname, '../../../frontend/dist/browser');

test('the JavaScript that the first page needs is at most 130 kB compressed', () => {
  const total = initialBytes(CLIENT);
  test
    .info()
    .annotations.push({ type: 'initial JavaScript', description: `${(total / 1_000).toFixed(1)} kB` });

  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThanOrEqual(130_000);
});

test('no page asks another host for anything', async ({ pair, baseURL }) => {
  const { alice, bob, chat } = await pair({ name: 'Alone' });
  await write(await bob.api(), chat.id, numbered('line', 3));
  const foreign: string[] = [];
  alice.page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(baseURL ?? ''))
      foreign.push(request.url());
  });

  for (const path of ['/log-in', '/chats', `/chats/${chat.id}`, `/chats/${chat.id}/stored`, '/account'])
    await alice.page.goto(path, { waitUntil: 'load' });
  await expect(alice.chats.status).toHaveText('Connected');

  expect(foreign).toEqual([]);
});

test('reported: the time until the chat list is painted', async ({ pair }, info) => {
  const { alice } = await pair({ name: 'Quick' });
  await alice.chats.open();

  const painted = await listPainted(alice.page, 'Quick');

  info.annotations.push({ type: 'chat list painted after a reload', description: `${painted} ms` });
  expect(painted).toBeGreaterThan(0);
});
