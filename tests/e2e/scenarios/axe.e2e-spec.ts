import { inspect } from '../pages/inspection.js';
import { write } from '../pages/history.js';
import { expect, PASSWORD, test } from '../pages/people.js';

// Axe reads every element of a dozen pages three times.
test.describe.configure({ timeout: 900_000 });

test('axe finds nothing on the pages for those who are signed out', async ({ person, visitor }) => {
  const alice = await person();
  const { key } = await (await alice.api()).createChat();
  const { page, signIn } = await visitor();

  await page.goto(`/join#${key}`);
  await expect(page.getByText("You've been invited")).toBeVisible();
  await inspect(page, 'sign-up with an invite');
  await signIn.enter('Sign up', 'a', 'short');
  await inspect(page, 'sign-up with faults');
  await page.goto('/log-in');
  await signIn.enter('Log in', 'nobody', PASSWORD);
  await expect(signIn.alert).toBeVisible();
  await inspect(page, 'log-in with an alert');
  await page.goto(`/reset#${'x'.repeat(43)}`);
  await expect(page.getByLabel('New password')).toBeVisible();
  await inspect(page, 'reset');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await inspect(page, 'reset with a link that is worth nothing');
  await page.goto('/nowhere');
  await inspect(page, 'not found');
});

test('axe finds nothing in the list and its dialogs', async ({ person }) => {
  const { page, chats } = await person();
  await chats.open();
  await inspect(page, 'no chats');
  await chats.button('New chat').click();
  await expect(chats.dialog).toBeVisible();
  await inspect(page, 'new chat');
  await page.keyboard.press('Escape');
  await chats.make('Named');
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  await inspect(page, 'its key');
  await page.keyboard.press('Escape');
  await chats.join('mistyped');
  await expect(chats.alert).toBeVisible();
  await inspect(page, 'join, refused');
  await page.keyboard.press('Escape');
  await chats.button('Account').click();
  await inspect(page, 'account menu');
  await page.getByRole('menuitem', { name: 'Keyboard shortcuts' }).click();
  await expect(chats.dialog).toBeVisible();
  await inspect(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await inspect(page, 'a list with a chat');
  await chats.chat('Named').click();
  await expect(page.getByRole('heading', { name: 'Waiting for the other person' })).toBeVisible();
  await inspect(page, 'waiting for the other person');
});

test('axe finds nothing in a conversation, its menus and dialogs', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Inspected' });
  const [aliceApi, bobApi] = await Promise.all([alice.api(), bob.api()]);
  await write(aliceApi, chat.id, ['mine', 'regretted']);
  const [, regretted] = (await aliceApi.messages(chat.id)).messages;
  await aliceApi.deleteMessage(chat.id, regretted?.id ?? '');
  await write(bobApi, chat.id, ['see https://example.org', 'theirs']);
  const { page, conversation } = alice;
  await conversation.open(chat.id);
  await expect(conversation.divider).toBeVisible();
  await inspect(page, 'conversation');

  await conversation.log
    .locator('app-message-row')
    .first()
    .getByRole('button', { name: 'Message menu' })
    .click();
  await inspect(page, 'message menu');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Chat menu' }).click();
  await inspect(page, 'chat menu');
  await page.keyboard.press('Escape');
  await conversation.chooseFromMessage('mine', 'Delete for both');
  await expect(conversation.dialog).toBeVisible();
  await inspect(page, 'deletion of a message');
  await page.keyboard.press('Escape');
  for (const item of ['Show key', 'Rename', 'Leave chat', 'Delete chat']) {
    await conversation.chooseFromMenu(item);
    await expect(conversation.dialog).toBeVisible();
    await inspect(page, item);
    await page.keyboard.press('Escape');
  }
  await page.context().setOffline(true);
  await conversation.say('unsent');
  await expect(alice.chats.status).toHaveText('Offline');
  await inspect(page, 'offline');
});

test('axe finds nothing on the account page, the stored bytes, the receipt, and a chat that is gone', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair({ name: 'Doomed' });
  await write(await bob.api(), chat.id, ['short life']);
  const { page, account, conversation } = alice;
  await account.open();
  await inspect(page, 'account');
  await page.getByRole('button', { name: 'Delete account' }).click();
  await expect(conversation.dialog).toBeVisible();
  await inspect(page, 'delete account');
  await page.goto(`/chats/${chat.id}/stored`);
  await expect(page.getByRole('main').getByText('short life')).toBeVisible();
  await inspect(page, 'stored bytes');
  await bob.conversation.open(chat.id);
  await conversation.open(chat.id);
  await conversation.chooseFromMenu('Delete chat');
  await conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();
  await expect(page.locator('app-receipt-card')).toBeVisible();
  await inspect(page, 'receipt');
  await expect(bob.conversation.box).toBeDisabled();
  await inspect(bob.page, 'a chat that is gone');
});
