import { readFile } from 'node:fs/promises';
import { write } from '../pages/history.js';
import { expect, PASSWORD, test } from '../pages/people.js';

test('the account page lists the sessions and ends another one', async ({ person }) => {
  const alice = await person();
  const elsewhere = await alice.api();
  await alice.account.open();
  await expect(alice.account.sessions).toHaveCount(2);

  await alice.account.sessions.getByRole('button', { name: 'Sign out this session' }).click();

  await expect(alice.account.sessions).toHaveCount(1);
  await expect(alice.account.sessions).toContainText('This browser');
  await expect(elsewhere.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('every other session is ended in one go', async ({ person }) => {
  const alice = await person();
  const elsewhere = [await alice.api(), await alice.api(), await alice.api()];
  await alice.account.open();
  await expect(alice.account.sessions).toHaveCount(4);

  await alice.page.getByRole('button', { name: 'Sign out all other sessions' }).click();

  await expect(alice.account.sessions).toHaveCount(1);
  await expect(alice.account.sessions).toContainText('This browser');
  for (const api of elsewhere) await expect(api.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(alice.page.getByRole('button', { name: 'Sign out all other sessions' })).toHaveCount(0);
});

test('the password is changed, with every fault told at its field', async ({ person }) => {
  const alice = await person();
  const elsewhere = await alice.api();
  const { page, account } = alice;
  await account.open();

  await account.changePassword('wrong password', 'another long password');
  await expect(page.getByLabel('Current password')).toHaveAccessibleDescription('Incorrect password.');
  await account.changePassword(PASSWORD, 'short');
  await expect(page.getByLabel('New password')).toHaveAccessibleDescription(/Use at least 8 characters/);
  await account.changePassword(PASSWORD, 'another long password');

  await expect(page.getByText('Your password has been changed')).toBeVisible();
  await expect(account.sessions).toHaveCount(1);
  await expect(elsewhere.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(alice.chats.status).toHaveText('Connected');
  await alice.chats.signOut();
  await alice.signIn.enter('Log in', alice.username, 'another long password');
  await expect(page).toHaveURL('/chats');
});

test('the activity says what happened to the account', async ({ person }) => {
  const alice = await person();
  const api = await alice.api();
  const { chat } = await api.createChat();
  await api.deleteChat(chat.id);
  await api.chatKey((await api.createChat('Kept')).chat.id);

  await alice.account.open();

  for (const words of [
    'Chat deleted',
    'Chat key shown: Kept',
    'Logged in',
    'Account created: Chrome on Linux',
  ])
    await expect(alice.account.activity.filter({ hasText: words })).toBeVisible();
});

test('the export saves everything one may read, as JSON', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Exported' });
  await write(await bob.api(), chat.id, ['mine to keep']);
  await alice.account.open();

  const saving = alice.page.waitForEvent('download');
  await alice.page.getByRole('button', { name: 'Export my data' }).click();
  const download = await saving;

  expect(download.suggestedFilename()).toMatch(/^secure-chat-\d{4}-\d\d-\d\d\.json$/);
  const saved = JSON.parse(await readFile(await download.path(), 'utf8')) as {
    user: { username: string };
    chats: { chat: { name: string }; messages: { text: string }[] }[];
  };
  expect(saved.user.username).toBe(alice.username);
  expect(saved.chats[0]?.chat.name).toBe('Exported');
  expect(saved.chats[0]?.messages[0]?.text).toBe('mine to keep');
  await expect(alice.page.getByText('Your data has been downloaded.')).toBeVisible();
});

test('the export tells how far it is, and can be given up', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(
    await alice.api(),
    chat.id,
    Array.from({ length: 60 }, () => 'x'.repeat(4_000)),
  );
  await alice.account.open();
  const network = await alice.page.context().newCDPSession(alice.page);
  const speed = (downloadThroughput: number): Promise<unknown> =>
    network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput,
      uploadThroughput: -1,
    });
  await network.send('Network.enable');
  await speed(4_000);

  await alice.page.getByRole('button', { name: 'Export my data' }).click();
  await expect(alice.page.getByText(/^\d+ kB received…$/)).toBeVisible();
  await alice.page.getByRole('button', { name: 'Cancel' }).click();
  await expect(alice.page.getByRole('button', { name: 'Export my data' })).toBeEnabled();
  await expect(alice.page.getByRole('alert')).toHaveCount(0);
  await speed(-1);
  const saving = alice.page.waitForEvent('download');
  await alice.page.getByRole('button', { name: 'Export my data' }).click();

  expect(JSON.parse(await readFile(await (await saving).path(), 'utf8'))).toHaveProperty('chats.length', 1);
});

test('deleting the account asks for the password, erases, and frees the name', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await alice.api(), chat.id, ['written by alice']);
  await bob.conversation.open(chat.id);
  await expect(bob.conversation.message('written by alice')).toBeVisible();
  await alice.account.open();

  await alice.page.getByRole('button', { name: 'Delete account' }).click();
  const { dialog } = alice.conversation;
  await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await dialog.getByLabel('Password').fill('wrong password');
  await dialog.getByRole('button', { name: 'Delete account' }).click();
  await expect(dialog.getByLabel('Password')).toHaveAccessibleDescription('Incorrect password.');
  await dialog.getByLabel('Password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Delete account' }).click();

  await expect(alice.page).toHaveURL('/log-in');
  await expect(alice.page.getByText('This account was deleted.')).toBeVisible();
  await expect(bob.conversation.messages.first()).toContainText('This message was deleted.');
  await expect(bob.page.getByText('The other account was deleted')).toBeVisible();
  await alice.signIn.signUp(alice.username, PASSWORD);
  await expect(alice.page).toHaveURL('/chats');
});
