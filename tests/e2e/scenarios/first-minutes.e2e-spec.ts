import { numbered, write } from '../pages/history.js';
import { expect, PASSWORD, test, uniqueName } from '../pages/people.js';

// What runs in the page.
declare function requestAnimationFrame(call: () => void): number;
interface Watched {
  querySelectorAll(selector: string): Iterable<{ readonly textContent: string }>;
}

test('empty pages say what to do next', async ({ person }) => {
  const alice = await person();
  await alice.chats.open();

  await expect(alice.chats.list).toContainText('Create one and share its key');
  await expect(alice.page.getByRole('heading', { name: 'Start a private chat' })).toBeVisible();
  await alice.chats.make('First');
  await alice.chats.button('Open chat').click();

  await expect(alice.page.getByRole('heading', { name: 'Waiting for the other person' })).toBeVisible();
  await alice.page.getByRole('button', { name: 'Share the key' }).click();
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
  await expect(bob.page.getByText("You've been invited to a chat")).toBeVisible();
  await bob.page.getByRole('link', { name: 'Log in' }).click();
  await expect(bob.page.getByText("You've been invited to a chat")).toBeVisible();
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
  await expect(bob.chats.alert).toContainText('No chat matches this key');
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
  await expect(signIn.alert).toContainText('Incorrect username or password');
});

test('nothing flashes and nothing jumps while a page loads', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Steady' });
  await write(await bob.api(), chat.id, numbered('line', 40));
  await (await alice.api()).markRead(chat.id, 40);
  await alice.page.addInitScript(() => {
    const page = globalThis as unknown as { shifts: number; passed: string[]; document: Watched };
    page.shifts = 0;
    page.passed = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) page.shifts += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true } as unknown as { type: 'mark' });
    const look = (): void => {
      // What belongs to somebody signed out, to an empty list, an empty or a lost chat, or a lost server.
      const wrong =
        /Create your account|Welcome back|No chats yet|Start a private chat|just the two of you$|Waiting for|Chat not found|chat is gone|Can't reach/;
      for (const { textContent } of page.document.querySelectorAll('h1, h2, .empty'))
        if (wrong.test(textContent)) page.passed.push(textContent);
      requestAnimationFrame(look);
    };
    look();
  });
  const { page, conversation, chats } = alice;
  const pages = [
    { path: '/chats', stands: page.getByRole('heading', { name: 'Just the two of you' }) },
    { path: `/chats/${chat.id}`, stands: conversation.message('line 40.') },
    { path: `/chats/${chat.id}/stored`, stands: page.getByText('Who could read what') },
    { path: '/account', stands: alice.account.activity.first() },
    { path: '/log-in', stands: chats.chat('Steady') },
  ];

  for (const { path, stands } of pages) {
    await page.goto(path);
    await expect(stands).toBeVisible();
    await expect(chats.status).toHaveText('Connected');
    const { shifts, passed } = await page.evaluate(() => {
      const seen = globalThis as unknown as { shifts: number; passed: readonly string[] };
      return { shifts: seen.shifts, passed: seen.passed };
    });
    expect(passed, path).toEqual([]);
    expect(shifts, path).toBeLessThan(0.05);
  }
});

test('back and forward work, and every page has an address and a title of its own', async ({ pair }) => {
  const { alice, chat } = await pair({ name: 'Here' });
  const { page, chats, conversation } = alice;
  await chats.open();
  await expect(page).toHaveTitle('Chats · Secure Chat');
  await chats.chat('Here').click();
  await expect(page).toHaveTitle('Chat · Secure Chat');
  await conversation.chooseFromMenu('What the server stores');
  await expect(page).toHaveURL(`/chats/${chat.id}/stored`);
  await expect(page).toHaveTitle('What the server stores · Secure Chat');
  await chats.chooseFromAccount('Account settings');
  await expect(page).toHaveURL('/account');
  await expect(page).toHaveTitle('Account settings · Secure Chat');

  await page.goBack();
  await expect(page).toHaveURL(`/chats/${chat.id}/stored`);
  await page.goBack();
  await expect(page).toHaveTitle('Chat · Secure Chat');
  await expect(conversation.box).toBeEnabled();
  await page.goForward();
  await expect(page).toHaveTitle('What the server stores · Secure Chat');
  await page.goto('/no/such/page');
  await expect(page).toHaveTitle('Page not found · Secure Chat');
  await page.getByRole('link', { name: 'Go to your chats' }).click();
  await expect(page).toHaveURL('/chats');
});

test('the pages for those who are signed out have a title too, and so has that for joining', async ({
  visitor,
  person,
}) => {
  const { page } = await visitor();
  const titles = { '/sign-up': 'Sign up', '/log-in': 'Log in', '/reset': 'Set a new password' };
  for (const [path, title] of Object.entries(titles)) {
    await page.goto(path);
    await expect(page).toHaveTitle(`${title} · Secure Chat`);
    await expect(page).toHaveURL(path);
  }
  const alice = await person();

  await alice.page.goto('/join');

  await expect(alice.chats.dialog).toBeVisible();
  await expect(alice.page).toHaveTitle('Join a chat · Secure Chat');
});

test('the address of a page that needs a session leads there after logging in', async ({ pair, visitor }) => {
  const { alice, chat } = await pair({ name: 'Deep' });
  const { page, signIn } = await visitor();

  await page.goto(`/chats/${chat.id}`);
  await expect(page).toHaveURL('/log-in');
  await signIn.enter('Log in', alice.username, PASSWORD);

  await expect(page).toHaveURL(`/chats/${chat.id}`);
});
