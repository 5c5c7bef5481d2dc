import { readFile } from 'node:fs/promises';
import type { Page, Route } from '@playwright/test';
import { numbered, write } from '../pages/history.js';
import { inspect } from '../pages/inspection.js';
import { expect, test } from '../pages/people.js';

const PROXIES: readonly (readonly [string, (route: Route) => Promise<void>])[] = [
  ['redirects', (route) => route.fulfill({ status: 302, headers: { location: '/log-in' } })],
  [
    'answers a page',
    (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Log in</h1>' }),
  ],
  [
    'refuses with a page',
    (route) => route.fulfill({ status: 401, contentType: 'text/html', body: 'Log in' }),
  ],
];

/**
 * Puts something in the way of a page that is not open yet.
 * @returns has it cut the connection and answer everything (true), or step aside again
 */
async function proxyBefore(
  page: Page,
  answer: (route: Route) => Promise<void>,
): Promise<(answers: boolean) => Promise<void>> {
  let inTheWay = false;
  await page.routeWebSocket(/socket\.io/, (socket) => {
    if (inTheWay) void socket.close();
    else socket.connectToServer();
  });
  await page.route(/\/(api\/v1|socket\.io)\//, (route) => (inTheWay ? answer(route) : route.continue()));
  return async (answers) => {
    inTheWay = answers;
    if (!answers) return;
    await page.context().setOffline(true);
    await expect(page.getByRole('status')).toHaveText('Offline');
    await page.context().setOffline(false);
  };
}

for (const [what, answer] of PROXIES) {
  test(`a proxy that ${what} is told apart from a cut, and a reload is offered`, async ({ person }) => {
    const alice = await person();
    const proxy = await proxyBefore(alice.page, answer);
    await alice.chats.open();

    await proxy(true);
    const told = alice.page.getByRole('alert').filter({ hasText: 'log in first' });
    await expect(told).toBeVisible();
    await inspect(alice.page, 'a proxy that answers');
    await proxy(false);
    await told.getByRole('button', { name: 'Reload' }).click();

    await expect(alice.chats.status).toHaveText('Connected');
    await expect(told).toHaveCount(0);
  });
}

test('a proxy that answers at the start is told, too', async ({ person }) => {
  const alice = await person();
  await alice.page.route('**/api/v1/auth/me', (route) =>
    route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Log in</h1>' }),
  );

  await alice.page.goto('/chats');

  await expect(alice.page.getByRole('alert').filter({ hasText: 'log in first' })).toBeVisible();
});

test('paper has every message that is loaded, and nothing else', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(await alice.api(), chat.id, numbered('note', 50));
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('note 50.')).toBeInViewport();

  await alice.page.emulateMedia({ media: 'print' });

  const [log, content] = await alice.conversation.log.evaluate((box) => [box.clientHeight, box.scrollHeight]);
  expect(log).toBe(content);
  const tall = await alice.page.evaluate(
    () =>
      (globalThis as unknown as { document: { documentElement: { scrollHeight: number } } }).document
        .documentElement.scrollHeight,
  );
  expect(tall).toBeGreaterThan(1_500);
  await expect(alice.conversation.box).toBeHidden();
  await expect(alice.chats.list).toBeHidden();
  await alice.page.emulateMedia({ media: null });
});

test('going back closes a dialog and stays in the chat; after it is closed, back leaves the chat', async ({
  pair,
}) => {
  const { alice, chat } = await pair({ name: 'Ours', browser: { viewport: { width: 390, height: 780 } } });
  const { page, conversation } = alice;
  await alice.chats.open();
  await alice.chats.chat('Ours').click();
  await expect(conversation.box).toBeEnabled();

  for (const item of ['Rename', 'Leave chat', 'Show key']) {
    await conversation.chooseFromMenu(item);
    await expect(conversation.dialog).toBeVisible();
    await page.goBack();
    await expect(conversation.dialog).toHaveCount(0);
    await expect(page).toHaveURL(`/chats/${chat.id}`);
  }
  await conversation.chooseFromMenu('Rename');
  await expect(conversation.dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(conversation.dialog).toHaveCount(0);
  await page.goBack();

  await expect(page).toHaveURL('/chats');
});

test('a file that is dropped on the page does not open in its place', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('half a thought');

  for (const target of [alice.page.locator('body'), alice.conversation.box, alice.conversation.log]) {
    const prevented = await target.evaluate((element) => {
      const scope = globalThis as unknown as {
        DataTransfer: new () => { items: { add(file: object): void } };
        File: new (parts: string[], name: string) => object;
        DragEvent: new (name: string, options: object) => { readonly defaultPrevented: boolean };
      };
      const dataTransfer = new scope.DataTransfer();
      dataTransfer.items.add(new scope.File(['text'], 'note.txt'));
      return ['dragover', 'drop'].map((name) => {
        const event = new scope.DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
        (element as unknown as { dispatchEvent(event: object): void }).dispatchEvent(event);
        return event.defaultPrevented;
      });
    });
    expect(prevented).toEqual([true, true]);
  }

  await expect(alice.page.getByRole('alert').filter({ hasText: "Files can't be sent" })).toBeVisible();
  await expect(alice.conversation.box).toHaveValue('half a thought');
});

test('the receipt of a deleted chat survives a reload and can be saved', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.say('gone soon');
  await alice.conversation.chooseFromMenu('Delete chat');
  await alice.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();
  await expect(alice.page.getByText('Key destroyed')).toBeVisible();

  await alice.page.reload();
  await expect(alice.page.getByText('Key destroyed')).toBeVisible();
  const download = alice.page.waitForEvent('download');
  await alice.page.getByRole('button', { name: 'Save receipt' }).click();
  const saved = await readFile(await (await download).path(), 'utf8');

  expect(JSON.parse(saved)).toMatchObject({ chatId: chat.id, messagesErased: 1 });
  expect(saved).not.toContain('gone soon');
});
