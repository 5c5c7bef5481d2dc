import { expect, PASSWORD, test } from '../pages/people.js';

// What runs in the page.
declare const localStorage: object;

const STORED = (): string => JSON.stringify(localStorage);

test('signing out asks first when something is unsent, and says how much', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  await alice.conversation.say('waiting');
  await alice.conversation.box.fill('half a thought');

  await alice.chats.chooseFromAccount('Sign out');
  await expect(alice.chats.dialog).toContainText('1 unsent message and 1 draft');
  await alice.chats.dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(alice.conversation.message('waiting')).toBeVisible();
  await expect(alice.conversation.box).toHaveValue('half a thought');
});

test('a sign-out without a connection shows nothing until it is done, also after a reload', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair({ name: 'Hidden' });
  await alice.conversation.open(chat.id);
  await alice.conversation.say('a secret');
  let away = true;
  await alice.page.route('**/api/v1/auth/logout', (route) => (away ? route.abort() : route.continue()));

  await alice.chats.chooseFromAccount('Sign out');
  const leaving = alice.page.getByRole('heading', { name: 'Signing out' });
  await expect(leaving).toBeVisible();
  await expect(alice.page.getByText('Hidden')).toHaveCount(0);
  await expect(alice.page.getByText('a secret')).toHaveCount(0);
  await alice.page.goto('/chats');
  await expect(leaving).toBeVisible();
  await expect(alice.page.getByText('Hidden')).toHaveCount(0);
  away = false;

  await expect(alice.page).toHaveURL('/log-in');
  expect((await alice.page.request.get('/api/v1/auth/me')).status()).toBe(401);
  // It is done once: who logs in now stays.
  await alice.signIn.enter('Log in', bob.username, PASSWORD);
  await expect(alice.chats.status).toHaveText('Connected');
  await alice.page.reload();
  await expect(alice.chats.status).toHaveText('Connected');
});

test('nothing stays of an account that was deleted elsewhere while no page was open', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  await alice.conversation.say('never sent');
  await alice.conversation.box.fill('half a thought');
  await alice.page.goto('about:blank');
  await alice.page.context().setOffline(false);
  await (await alice.api()).deleteAccount(PASSWORD);

  await alice.page.goto('/chats');
  await alice.page.waitForURL('**/log-in');

  expect(await alice.page.evaluate(STORED)).not.toMatch(/thought|never sent/);
});

test('a draft is still there when the log-in page is loaded again after the session was ended', async ({
  pair,
}) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('half a thought');
  const elsewhere = await alice.api();
  for (const { id, current } of await elsewhere.sessions()) if (!current) await elsewhere.revokeSession(id);
  await alice.page.waitForURL('**/log-in');

  await alice.page.reload();
  await alice.signIn.enter('Log in', alice.username, PASSWORD);
  await expect(alice.chats.status).toHaveText('Connected');
  await alice.conversation.open(chat.id);

  await expect(alice.conversation.box).toHaveValue('half a thought');
});

test('what one account has queued never goes out as another that logs in from another tab', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair();
  let cut = false;
  await alice.page.routeWebSocket(/socket\.io/, (socket) =>
    cut ? socket.close() : void socket.connectToServer(),
  );
  await alice.page.route('**/socket.io/**', (route) => (cut ? route.abort() : route.continue()));
  await alice.conversation.open(chat.id);
  const second = await alice.page.context().newPage();
  // Tabs that cannot speak to each other: the server alone says whose session it is.
  await alice.page.evaluate(() => {
    (
      globalThis as unknown as {
        addEventListener(name: string, call: (event: Event) => void, capture: boolean): void;
      }
    ).addEventListener('storage', (event) => event.stopImmediatePropagation(), true);
  });
  cut = true;
  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  await alice.page.context().setOffline(false);
  await expect(alice.chats.status).toHaveText('Reconnecting');
  await alice.conversation.say('by alice');

  await second.request.post('/api/v1/auth/login', { data: { username: bob.username, password: PASSWORD } });
  cut = false;

  // The page changes over to who is signed in now.
  await expect(alice.page.locator('footer').getByText(bob.username)).toBeVisible();
  await expect(alice.chats.status).toHaveText('Connected');
  const { messages } = await (await bob.api()).messages(chat.id);
  expect(messages).toEqual([]);
  // It waits for its writer.
  expect(await alice.page.evaluate(STORED)).toContain('by alice');
});

test('a tab learns at once that another account is signed in, and a log-in page that somebody is', async ({
  pair,
}) => {
  const { alice, bob } = await pair();
  await alice.chats.open();
  const second = await alice.page.context().newPage();
  await second.goto('/chats');
  await expect(second.getByRole('status')).toHaveText('Connected');

  await alice.chats.signOut();
  await expect(second).toHaveURL('/log-in');
  await alice.signIn.enter('Log in', bob.username, PASSWORD);

  await expect(second).toHaveURL('/chats');
  await expect(second.locator('footer').getByText(bob.username)).toBeVisible();
});
