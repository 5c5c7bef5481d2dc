import { numbered, write } from '../pages/history.js';
import { expect, test } from '../pages/people.js';

// What runs in the page.
declare function requestAnimationFrame(call: (time: number) => void): number;

for (const unread of [51, 120, 450]) {
  test(`a chat with ${unread} unread messages is loaded once around the first of them`, async ({ pair }) => {
    const { alice, bob, chat } = await pair();
    await write(await bob.api(), chat.id, numbered('text', unread + 30));
    await (await alice.api()).markRead(chat.id, 30);
    let pages = 0;
    await alice.page.route('**/messages?*', (route) => {
      pages++;
      return route.continue();
    });

    await alice.conversation.open(chat.id);
    await expect(alice.conversation.divider).toBeInViewport();
    await expect(alice.conversation.message('text 31.')).toBeInViewport();

    // Nothing more is asked for while nobody scrolls; a page that hangs would not answer at all.
    await alice.page.waitForLoadState('networkidle');
    expect(pages).toBeLessThanOrEqual(6);
    await alice.conversation.jump.click();
    await expect(alice.conversation.message(`text ${unread + 30}.`)).toBeInViewport();
  });
}

test('messages that come before a late list of chats are shown once, and the page goes on', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  await write(api, chat.id, numbered('old', 3));
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('old 3.')).toBeVisible();
  let lists = 0;
  let pages = 0;
  await alice.page.route(/\/api\/v1\/chats$/, async (route) => {
    lists++;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await route.continue();
  });
  await alice.page.route('**/messages?*', (route) => {
    pages++;
    return route.continue();
  });

  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  await write(api, chat.id, ['missed']);
  await alice.page.context().setOffline(false);
  await expect(alice.conversation.message('missed')).toBeInViewport();
  await expect(alice.chats.status).toHaveText('Connected');
  await alice.conversation.say('still alive');

  expect(lists).toBeLessThanOrEqual(4);
  expect(pages).toBeLessThanOrEqual(10);
});

test('while pages do not come, they are asked for seldom', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(await alice.api(), chat.id, numbered('note', 120));
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('note 120.')).toBeInViewport();
  await alice.page.waitForLoadState('networkidle');
  let asked = 0;
  await alice.page.route('**/messages?*', (route) => {
    asked++;
    return route.abort();
  });

  await alice.conversation.log.evaluate((log) => (log.scrollTop = 0));
  await expect(alice.page.getByRole('main').getByRole('alert')).toBeVisible();
  const began = Date.now();
  await expect.poll(() => asked, { intervals: [200] }).toBeGreaterThan(3);

  // Pauses that grow: four tries take more than a quarter, a half and a whole second, each at least by half.
  expect(Date.now() - began).toBeGreaterThan(500);
  await alice.page.unroute('**/messages?*');
  await expect(alice.conversation.message('note 30.')).toHaveCount(1);
});

test('the end stays in sight while the box grows, shrinks, and the window is resized', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  await write(api, chat.id, numbered('old', 30));
  await (await alice.api()).markRead(chat.id, 30);
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('old 30.')).toBeInViewport();

  for (const text of ['one\ntwo', 'one\ntwo\nthree', 'one', 'a\nb\nc\nd\ne', '']) {
    await alice.conversation.box.fill(text);
    await expect.poll(() => alice.conversation.fromBottom()).toBeLessThanOrEqual(1);
    await expect(alice.conversation.jump).toHaveCount(0);
  }
  for (const height of [500, 380, 720]) {
    await alice.page.setViewportSize({ width: 1_280, height });
    await expect.poll(() => alice.conversation.fromBottom()).toBeLessThanOrEqual(1);
  }
  await alice.conversation.box.pressSequentially('a second line');
  await alice.conversation.box.press('Shift+Enter');
  await write(api, chat.id, ['new below two lines']);

  await expect(alice.conversation.message('new below two lines')).toBeInViewport();
  await expect.poll(() => alice.conversation.fromBottom()).toBeLessThanOrEqual(1);
});

test('an older page that comes at the very top leaves the line one reads where it is', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(await alice.api(), chat.id, numbered('note', 130));
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('note 130.')).toBeInViewport();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await alice.page.route('**/messages?*', async (route) => {
    await held;
    await route.continue();
  });
  await alice.conversation.log.evaluate((log) => (log.scrollTop = 0));
  const first = alice.conversation.messages.first();
  const text = (await first.locator('.text').textContent()) ?? '';
  const before = await first.boundingBox();
  const count = await alice.conversation.messages.count();

  release();
  await expect.poll(() => alice.conversation.messages.count()).toBeGreaterThan(count);
  await alice.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  const same = alice.conversation.messages.filter({
    has: alice.page.getByText(text.trim(), { exact: true }),
  });
  const after = await same.boundingBox();

  expect(Math.abs((after?.y ?? 0) - (before?.y ?? Number.NaN))).toBeLessThanOrEqual(1);
});

test('a text that is very high is folded, and opens and closes again', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const high = `first line${'\n'.repeat(1_990)}last line`;
  await write(await bob.api(), chat.id, [high, 'wide '.repeat(700), 'one\ntwo\nthree']);
  await alice.conversation.open(chat.id);
  const row = alice.conversation.message('first line');
  const height = async (): Promise<number> => (await row.boundingBox())?.height ?? 0;

  await expect(alice.page.getByRole('button', { name: 'Show more' })).toHaveCount(2);
  expect(await height()).toBeLessThan(600);
  await row.getByRole('button', { name: 'Show more' }).click();
  await expect.poll(height).toBeGreaterThan(10_000);
  await row.getByRole('button', { name: 'Show less' }).click();
  await expect.poll(height).toBeLessThan(600);
});

test('a text that was not taken stays in the box and says why', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  // As many unsent messages as this browser keeps: one more is refused.
  const user = await alice.page.evaluate(async (chatId) => {
    const page = globalThis as unknown as {
      localStorage: Record<string, string> & { setItem(k: string, v: string): void };
    };
    const id = (JSON.parse(page.localStorage['secure-chat.user'] ?? '{}') as { id: string }).id;
    for (let i = 0; i < 10_000; i++) {
      const clientMessageId = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      const entry = { chatId, clientMessageId, text: 'x', createdAt: '2026-01-01T00:00:00.000Z' };
      page.localStorage.setItem(
        `secure-chat.outbox.${id}.${clientMessageId}`,
        JSON.stringify({ order: i, entry }),
      );
    }
    return id;
  }, chat.id);
  expect(user).toBeTruthy();
  await alice.page.route('**/socket.io/**', (route) => route.abort());
  await alice.page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await alice.page.context().setOffline(false);
  await alice.page.reload();
  await expect(alice.conversation.box).toBeEnabled();

  await alice.conversation.box.fill('one too many');
  await alice.conversation.box.press('Enter');

  await expect(alice.page.getByRole('alert')).toContainText('Too many');
  await expect(alice.conversation.box).toHaveValue('one too many');
  await alice.page.reload();
  await expect(alice.conversation.box).toHaveValue('one too many');
});

test('a clock that is a day ahead changes nothing of what is called Today', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, ['just now']);
  await alice.page.clock.setFixedTime(Date.now() + 86_400_000);

  await alice.conversation.open(chat.id);
  await expect(alice.conversation.log.getByText('Today', { exact: true })).toBeVisible();
  await alice.conversation.say('mine');

  await expect(alice.conversation.log.getByText('Today', { exact: true })).toHaveCount(1);
  await expect(alice.conversation.log.locator('.day')).toHaveCount(1);
});
