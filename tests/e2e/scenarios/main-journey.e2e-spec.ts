import { expect, PASSWORD, test, uniqueName } from '../pages/people.js';

test('two people sign up, meet by a link, talk both ways, reload, and delete for both', async ({
  visitor,
}) => {
  const alice = await visitor();
  const bob = await visitor();

  await alice.signIn.signUp(uniqueName('alice'), PASSWORD);
  await expect(alice.page).toHaveURL('/chats');
  const key = await alice.chats.make('Holiday plans');
  await alice.chats.button('Open chat').click();
  await expect(alice.page).toHaveURL(/\/chats\/[0-9a-f-]{36}$/);

  await bob.signIn.signUp(uniqueName('bob'), PASSWORD);
  await expect(bob.page).toHaveURL('/chats');
  await bob.page.goto(`/join#${key}`);
  await expect(bob.chats.key).toHaveValue(key);
  await bob.chats.button('Join').click();
  await expect(bob.page).toHaveURL(alice.page.url());

  await alice.conversation.say('Is the key still under the blue pot?');
  await expect(bob.conversation.message('under the blue pot')).toBeVisible();
  await bob.conversation.say('Always. See you at six.');
  await expect(alice.conversation.message('See you at six')).toBeVisible();

  await bob.page.reload();
  await expect(bob.conversation.message('under the blue pot')).toBeVisible();
  await expect(bob.conversation.message('See you at six')).toBeVisible();

  await alice.conversation.chooseFromMenu('Delete chat');
  await alice.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();
  await expect(alice.page.getByRole('heading', { name: 'This chat is gone' })).toBeVisible();
  await expect(alice.chats.chat('Holiday plans')).toHaveCount(0);
  await expect(bob.page.getByRole('heading', { name: 'This chat is gone' })).toBeVisible();
  await expect(bob.conversation.box).toBeDisabled();
  await expect(bob.page.getByText('under the blue pot')).toHaveCount(0);
  await bob.page.reload();
  await expect(bob.page.getByText('Chat not found')).toBeVisible();
});
