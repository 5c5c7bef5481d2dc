import { numbered, write } from '../pages/history.js';
import { expect, PASSWORD, test, uniqueName } from '../pages/people.js';

test('empty pages say what to do next', async ({ person }) => {
  const alice = await person();
  await alice.chats.open();

  await expect(alice.chats.list).toContainText('Make one and give its key to the other person');
  await expect(alice.page.getByRole('heading', { name: 'Start a private chat' })).toBeVisible();
  await alice.chats.make('First');
  await alice.chats.button('Open chat').click();

  await expect(alice.page.getByRole('heading', { name: 'Waiting for the other person' })).toBeVisible();
  await alice.page.getByRole('button', { name: 'Hand over the key' }).click();
  await expect(alice.chats.key).toBeVisible();
});

test('somebody signed out who opens an invite link signs up and lands in the chat', async ({
  person,
  visitor,
}) => {
  const alice = await person();
  const { chat, key } = await (await alice.api()).createChat('Welcome');
  const bob = await visitor();

  await bob.page.goto(`/join#${key}`);
  await expect(bob.page).toHaveURL('/sign-up');
  await expect(bob.page.getByText('You were invited to a chat')).toBeVisible();
  await bob.page.getByRole('link', { name: 'Log in' }).click();
  await expect(bob.page.getByText('You were invited to a chat')).toBeVisible();
  await bob.page.getByRole('link', { name: 'Sign up' }).click();
  await bob.signIn.enter('Sign up', uniqueName('bob'), PASSWORD);

  await expect(bob.page).toHaveURL(`/chats/${chat.id}`);
  await expect(bob.page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
});

test('an invite that leads nowhere says so in the join dialog after signing up', async ({
  visitor,
  person,
}) => {
  const api = await (await person()).api();
  const { chat, key } = await api.createChat();
  await api.deleteChat(chat.id);
  const bob = await visitor();

  await bob.page.goto(`/join#${key}`);
  await bob.signIn.enter('Sign up', uniqueName('bob'), PASSWORD);

  await expect(bob.page).toHaveURL('/join');
  await expect(bob.chats.key).toHaveValue(key);
  await expect(bob.chats.alert).toContainText('No chat has this key');
});

test('errors say what happened and what to do', async ({ person, visitor }) => {
  const alice = await person();
  const { page, signIn } = await visitor();

  await page.goto('/sign-up');
  await signIn.enter('Sign up', 'a', 'short');
  await expect(signIn.username).toHaveAccessibleDescription(/Use at least 3 characters/);
  await expect(signIn.password).toHaveAccessibleDescription(/Use at least 8 characters/);
  await signIn.enter('Sign up', alice.username.toUpperCase(), PASSWORD);
  await expect(signIn.username).toHaveAccessibleDescription(/taken\. Choose another/);
  await signIn.enter('Sign up', uniqueName('weak'), 'password');
  await expect(signIn.password).toHaveAccessibleDescription(/common/i);
  await page.goto('/log-in');
  await signIn.enter('Log in', alice.username, 'not the password');
  await expect(signIn.alert).toContainText('The username or the password is wrong');
});

test('nothing jumps while a conversation loads', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Steady' });
  await write(await bob.api(), chat.id, numbered('line', 40));
  await (await alice.api()).markRead(chat.id, 40);
  await alice.page.addInitScript(() => {
    const page = globalThis as unknown as { shifts: number };
    page.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) page.shifts += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true } as unknown as { type: 'mark' });
  });

  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('line 40.')).toBeInViewport();

  expect(await alice.page.evaluate(() => (globalThis as unknown as { shifts: number }).shifts)).toBeLessThan(
    0.05,
  );
});

test('back and forward work, and every page has an address and a title of its own', async ({ pair }) => {
  const { alice, chat } = await pair({ name: 'Here' });
  const { page, chats, conversation } = alice;
  await chats.open();
  await expect(page).toHaveTitle('Chats · Secure Chat');
  await chats.chat('Here').click();
  await expect(page).toHaveTitle('Here · Secure Chat');
  await conversation.chooseFromMenu('What the server stores');
  await expect(page).toHaveURL(`/chats/${chat.id}/stored`);
  await expect(page).toHaveTitle('What the server stores of Here · Secure Chat');
  await chats.chooseFromAccount('Account settings');
  await expect(page).toHaveURL('/account');
  await expect(page).toHaveTitle('Account settings · Secure Chat');

  await page.goBack();
  await expect(page).toHaveURL(`/chats/${chat.id}/stored`);
  await page.goBack();
  await expect(page).toHaveTitle('Here · Secure Chat');
  await expect(conversation.box).toBeEnabled();
  await page.goForward();
  await expect(page).toHaveTitle('What the server stores of Here · Secure Chat');
  await page.goto('/no/such/page');
  await expect(page).toHaveTitle('Not found · Secure Chat');
  await page.getByRole('link', { name: 'Go to your chats' }).click();
  await expect(page).toHaveURL('/chats');
});

test('the address of a page that needs a session leads there after logging in', async ({ pair, visitor }) => {
  const { alice, chat } = await pair({ name: 'Deep' });
  const { page, signIn } = await visitor();

  await page.goto(`/chats/${chat.id}`);
  await expect(page).toHaveURL('/log-in');
  await signIn.enter('Log in', alice.username, PASSWORD);

  await expect(page).toHaveURL(`/chats/${chat.id}`);
});
