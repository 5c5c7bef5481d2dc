import { Stack } from '@app/testing';
import { write } from '../pages/history.js';
import { inspect } from '../pages/inspection.js';
import { expect, PASSWORD, test, uniqueName, Visitor } from '../pages/people.js';

// What runs in the page.
declare const navigator: object;

test('the status says that the server is away, what is written waits, and all goes on when it is back', async ({
  visitor,
}) => {
  const product = await Stack.start();
  try {
    const alice = await visitor({ baseURL: product.origin });
    await alice.signIn.signUp(uniqueName('alice'), PASSWORD);
    await expect(alice.chats.status).toHaveText('Connected');
    await alice.chats.make('Durable');
    await alice.chats.button('Open chat').click();
    // The files of the page have come: what is wanted later cannot.
    await alice.page.waitForLoadState('networkidle');

    await product.kill('gateway');
    await expect(alice.chats.status).toHaveText('Reconnecting');
    await alice.conversation.say('written while it was away');
    await expect(alice.conversation.message('written while')).toContainText('Sending');
    await product.restart('gateway');

    await expect(alice.chats.status).toHaveText('Connected');
    await expect(alice.conversation.message('written while')).toContainText('Stored');
  } finally {
    await product.stop();
  }
});

test('the status says within 5 s that the server has fallen silent, and goes on when it speaks again', async ({
  person,
}) => {
  const alice = await person();
  let silent = false;
  await alice.page.routeWebSocket(/socket\.io/, (socket) => {
    if (silent) return;
    const server = socket.connectToServer();
    socket.onMessage((frame) => silent || server.send(frame));
    server.onMessage((frame) => silent || socket.send(frame));
  });
  await alice.page.route('**/socket.io/**', (route) => (silent ? undefined : route.continue()));
  await alice.page.clock.install();
  await alice.chats.open();

  silent = true;
  await alice.page.clock.runFor(5_000);
  await expect(alice.chats.status).toHaveText('Reconnecting');
  silent = false;
  // What is being tried is lost in silence too: its limit is 8 s, and one more try follows.
  await alice.page.clock.runFor(12_000);

  await expect(alice.chats.status).toHaveText('Connected');
});

test('the status says Offline without a network, and Connected once it is back', async ({ person }) => {
  const alice = await person();
  await alice.chats.open();

  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  await alice.page.context().setOffline(false);

  await expect(alice.chats.status).toHaveText('Connected');
});

test('a page that cannot reach the server at first says so and goes on by itself', async ({ pair }) => {
  const { alice, chat } = await pair();
  let away = true;
  await alice.page.route('**/api/v1/auth/me', (route) => (away ? route.abort() : route.continue()));

  await alice.page.goto(`/chats/${chat.id}`);
  await expect(alice.page.getByRole('heading', { name: "Can't reach the server" })).toBeVisible();
  await inspect(alice.page, 'the server does not answer');
  away = false;

  await expect(alice.conversation.box).toBeEnabled();
});

// Without the fixtures for people: there, a page whose files do not come fails its test.
test('a part of the page that does not come is told, and comes after a reload', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.signIn.signUp(uniqueName('alice'), PASSWORD);
  await expect(visitor.chats.status).toHaveText('Connected');
  await page.waitForLoadState('networkidle');

  await page.route('**/*.js', (route) => route.abort());
  await visitor.chats.button('New chat').click();
  const told = page.getByRole('dialog', { name: "Part of the page couldn't be loaded" });
  await expect(told).toBeVisible();
  await inspect(page, 'a part of the page that did not come');
  await page.unroute('**/*.js');
  await told.getByRole('button', { name: 'Reload' }).click();

  await expect(visitor.chats.status).toHaveText('Connected');
  await visitor.chats.button('New chat').click();
  await expect(page.getByRole('dialog', { name: 'New chat' })).toBeVisible();
});

test('the title counts what is unread', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Counted' });
  await alice.chats.open();

  await write(await bob.api(), chat.id, ['one', 'two']);
  await expect(alice.page).toHaveTitle('(2) Chats · Secure Chat');
  await expect(alice.chats.chat('Counted')).toHaveAccessibleName(/2 unread/);
  await alice.chats.chat('Counted').click();

  await expect(alice.page).toHaveTitle('Chat · Secure Chat');
});

test('notifications are asked for on a click only, and tell no text until that is chosen', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  // Stands for the system that shows them.
  await alice.page.addInitScript(() => {
    const page = globalThis as unknown as Record<string, unknown>;
    page['asked'] = 0;
    page['shown'] = [];
    const shown = page['shown'] as string[];
    page['Notification'] = Object.assign(
      function Notification(title: string, { body }: { body: string }) {
        shown.push(`${title}: ${body}`);
      },
      {
        permission: 'default',
        requestPermission(): Promise<string> {
          page['asked'] = Number(page['asked']) + 1;
          (page['Notification'] as { permission: string }).permission = 'granted';
          return Promise.resolve('granted');
        },
      },
    );
    (page['document'] as { hasFocus: () => boolean }).hasFocus = (): boolean => false;
  });
  const read = (name: string): Promise<unknown> =>
    alice.page.evaluate((key) => (globalThis as unknown as Record<string, unknown>)[key], name);
  await alice.account.open();
  await write(api, chat.id, ['before it was allowed']);
  await expect(alice.page).toHaveTitle(/\(1\)/);
  expect([await read('asked'), await read('shown')]).toEqual([0, []]);

  await alice.page.getByRole('checkbox', { name: /^Notifications/ }).check();
  await write(api, chat.id, ['a secret']);
  await expect.poll(() => read('shown')).toEqual(['Secure Chat: You have a new message']);
  await alice.page.getByRole('checkbox', { name: /^Show sender and text/ }).check();
  await write(api, chat.id, ['a shown text']);

  await expect.poll(() => read('shown')).toContain(`${bob.username}: a shown text`);
  // A long one is cut, and not in the midst of what a reader sees as one character.
  const family = '👨‍👩‍👧‍👦';
  await write(api, chat.id, [`${'a'.repeat(199)}${family}${family}`]);
  await expect.poll(() => read('shown')).toContain(`${bob.username}: ${'a'.repeat(199)}${family}`);
  expect(await read('asked')).toBe(1);
});

test('no sound is made until somebody turns it on', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  await alice.page.addInitScript(() => {
    const page = globalThis as unknown as Record<string, unknown> & { AudioContext: new () => object };
    page['sounds'] = 0;
    page.AudioContext = class extends page.AudioContext {
      constructor() {
        super();
        page['sounds'] = Number(page['sounds']) + 1;
      }
    };
    (page['document'] as { hasFocus: () => boolean }).hasFocus = (): boolean => false;
  });
  const sounds = (): Promise<unknown> =>
    alice.page.evaluate(() => (globalThis as unknown as Record<string, unknown>)['sounds']);
  await alice.account.open();
  const sound = alice.page.getByRole('checkbox', { name: 'Sound' });

  await expect(sound).not.toBeChecked();
  await write(api, chat.id, ['in silence']);
  await expect(alice.page).toHaveTitle(/\(1\)/);
  expect(await sounds()).toBe(0);
  await sound.check();
  await write(api, chat.id, ['to be heard']);

  await expect.poll(sounds).toBe(1);
});

test('a session ended elsewhere leads to the log-in page, which says why, and the draft is kept', async ({
  pair,
}) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('half a thought');
  const elsewhere = await alice.api();

  for (const { id, current } of await elsewhere.sessions()) if (!current) await elsewhere.revokeSession(id);

  await expect(alice.page).toHaveURL('/log-in');
  await expect(alice.page.getByText('signed out from another device')).toBeVisible();
  await inspect(alice.page, 'log-in after a session that was ended');
  await alice.signIn.enter('Log in', alice.username, PASSWORD);
  await expect(alice.page).toHaveURL(`/chats/${chat.id}`);
  await expect(alice.conversation.box).toHaveValue('half a thought');
});

test('two tabs are live and count what is unread as one', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Twice' });
  const second = await alice.page.context().newPage();
  await second.goto('/chats');
  await alice.chats.open();

  await write(await bob.api(), chat.id, ['for both tabs']);
  await expect(second).toHaveTitle('(1) Chats · Secure Chat');
  await expect(alice.page).toHaveTitle('(1) Chats · Secure Chat');
  await alice.chats.chat('Twice').click();
  await expect(alice.conversation.message('for both tabs')).toBeVisible();

  await expect(second).toHaveTitle('Chats · Secure Chat');
  await alice.conversation.say('seen');
  await expect(second.getByRole('link', { name: 'Twice' })).toContainText('You: seen');
});

test('the client has a manifest and icons, can be installed, and brings no service worker', async ({
  page,
  request,
}) => {
  await page.goto('/sign-up');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = (await (await request.get(`/${href}`)).json()) as {
    name: string;
    start_url: string;
    display: string;
    icons: { src: string; type: string }[];
  };

  expect(manifest).toMatchObject({ name: 'Secure Chat', start_url: '/chats', display: 'standalone' });
  for (const { src, type } of manifest.icons) {
    const icon = await request.get(`/${src}`);
    expect([icon.status(), icon.headers()['content-type']]).toEqual([200, type]);
  }
  const devtools = await page.context().newCDPSession(page);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  // A browser with windows adds that tests run in incognito windows.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
  const workers = await page.evaluate(async () => {
    const { serviceWorker } = navigator as unknown as {
      serviceWorker: { getRegistrations(): Promise<readonly object[]> };
    };
    return (await serviceWorker.getRegistrations()).length;
  });
  expect(workers).toBe(0);
});
