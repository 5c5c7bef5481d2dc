import { expect, test } from '../pages/people.js';

// What runs in the page.
declare function getComputedStyle(element: object): { readonly fontWeight: string };

const weight = (element: object): number => Number(getComputedStyle(element).fontWeight);

test('a chat with unread messages is bold in the list, and regular once it is read', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Plans' });
  await alice.chats.open();
  const name = alice.page.getByRole('link', { name: /Plans/ }).locator('strong');
  await expect(name).toBeVisible();
  expect(await name.evaluate(weight)).toBeLessThan(600);

  await bob.conversation.open(chat.id);
  await bob.conversation.say('news');

  await expect.poll(() => name.evaluate(weight)).toBeGreaterThanOrEqual(700);
  await alice.conversation.open(chat.id);
  await expect.poll(() => name.evaluate(weight)).toBeLessThan(600);
});

test('on a phone a count beside the way back tells what is unread in other chats', async ({ pair }) => {
  const { alice, bob, chat } = await pair({
    name: 'One',
    browser: { viewport: { width: 390, height: 844 } },
  });
  const { chat: other, key } = await (await alice.edge()).createChat('Two');
  await (await bob.edge()).join(key);
  await alice.conversation.open(chat.id);
  const count = alice.page.locator('.back .count');
  await expect(count).toHaveCount(0);

  await bob.conversation.open(other.id);
  await bob.conversation.say('first');
  await bob.conversation.say('second');

  await expect(count).toHaveText('2');
});

test('while nobody else is here, a bar above the box says so and offers the key', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.say('are you there?');
  const bar = alice.page.locator('.alone');
  await expect(bar).toHaveCount(0);

  await bob.conversation.open(chat.id);
  await bob.conversation.chooseFromMenu('Leave chat');
  await bob.conversation.dialog.getByRole('button', { name: 'Leave', exact: true }).click();

  await expect(bar).toContainText(`${bob.username} is no longer here`);
  await bar.getByRole('button', { name: 'Share the key' }).click();
  await expect(alice.conversation.dialog.getByRole('textbox', { name: 'Chat key' })).toBeVisible();
});

test('a right click opens the menu of a message, and leaves a selection to the browser', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.say('a message to click');

  await alice.conversation.message('a message to click').click({ button: 'right' });

  await expect(alice.page.getByRole('menuitem', { name: 'Copy' })).toBeVisible();
  await alice.page.keyboard.press('Escape');
  await expect(alice.page.getByRole('menu')).toHaveCount(0);
  await alice.conversation.message('a message to click').getByText('a message to click').dblclick();
  await alice.conversation.message('a message to click').click({ button: 'right' });
  await expect(alice.page.getByRole('menu')).toHaveCount(0);
});

test('Send looks as if it did nothing while there is nothing to send', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.send).toHaveClass(/idle/);

  await alice.conversation.box.fill('something');

  await expect(alice.conversation.send).not.toHaveClass(/idle/);
});

test('the box is never higher than 40 % of the window', async ({ pair }) => {
  const { alice, chat } = await pair({ browser: { viewport: { width: 800, height: 320 } } });
  await alice.conversation.open(chat.id);

  await alice.conversation.box.fill('line\n'.repeat(30));

  const height = (await alice.conversation.box.boundingBox())?.height ?? 0;
  expect(height).toBeGreaterThan(60);
  expect(height).toBeLessThanOrEqual(129);
});

test('the colour of a chat stays when it is renamed', async ({ pair }) => {
  const { alice, chat } = await pair({ name: 'Before' });
  await alice.conversation.open(chat.id);
  const avatar = alice.page.locator('app-chat-header app-avatar');
  const look = await avatar.getAttribute('class');
  const edge = await alice.edge();

  for (const name of ['After', 'Later', 'Other', 'Last']) {
    await edge.call('PATCH', `/chats/${chat.id}`, { name });
    await expect(alice.page.getByRole('heading', { name })).toBeVisible();
    expect(await avatar.getAttribute('class')).toBe(look);
  }
});
