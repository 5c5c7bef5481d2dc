import { randomUUID } from 'node:crypto';
import { expect, test, Visitor } from '../pages/people.js';

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

test('what happened stands between the messages', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.say('before');
  await expect(alice.conversation.log).toContainText('You created this chat');
  await expect(alice.conversation.log).toContainText(`${bob.username} joined`);

  await bob.conversation.open(chat.id);
  await expect(bob.conversation.log).toContainText(`${alice.username} created this chat`);
  await expect(bob.conversation.log).toContainText('You joined');
  await bob.conversation.chooseFromMenu('Leave chat');
  await bob.conversation.dialog.getByRole('button', { name: 'Leave', exact: true }).click();

  await expect(alice.conversation.log).toContainText(`${bob.username} left`);
});

test('who deleted a chat is told to the other, and to one’s own other tabs', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Short-lived' });
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);
  const tab = new Visitor(await bob.page.context().newPage());
  await tab.conversation.open(chat.id);
  await alice.conversation.box.fill('in the middle of a word');

  await bob.conversation.chooseFromMenu('Delete chat');
  await bob.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();

  await expect(alice.page.getByText(`${bob.username} deleted it on`)).toBeVisible();
  await expect(alice.page.getByRole('heading', { name: 'This chat is gone' })).toBeFocused();
  await expect(tab.page.getByText('You deleted it in another tab or on another device on')).toBeVisible();
});

test('a draft shows in the list once one has gone on to another chat', async ({ pair }) => {
  const { alice, chat } = await pair({ name: 'Unfinished' });
  await (await alice.edge()).createChat('Other');
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('half a thought');
  const line = alice.chats.chat(/Unfinished/);
  await expect(line).not.toContainText('Draft:');

  await alice.chats.chat(/Other/).click();
  await expect(line).toContainText('Draft: half a thought');

  await line.click();
  await expect(alice.conversation.box).toHaveValue('half a thought');
  await expect(line).not.toContainText('Draft:');
  await alice.conversation.send.click();
  await alice.chats.chat(/Other/).click();
  await expect(line).toContainText('half a thought');
  await expect(line).not.toContainText('Draft:');
});

test('more than eight chats can be filtered, by title and by name', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const edge = await alice.edge();
  for (const name of ['Árbol', 'Boat', 'Cat', 'Dog', 'Egg', 'Fox', 'Goat']) await edge.createChat(name);
  await alice.conversation.open(chat.id);
  const filter = alice.page.getByRole('searchbox', { name: 'Filter chats' });
  const links = alice.chats.list.getByRole('link');
  await expect(links).toHaveCount(8);
  await expect(filter).toHaveCount(0);
  await edge.createChat('Hat');

  await filter.fill('arbol');
  await expect(links).toHaveCount(1);
  await filter.fill(bob.username.toUpperCase());
  await expect(links).toHaveCount(1);
  await filter.fill('nothing like it');
  await expect(alice.page.getByText('No chat matches.')).toBeVisible();
  await filter.press('Escape');
  await expect(links).toHaveCount(9);
});

test('a right click on a chat in the list opens its menu', async ({ pair }) => {
  const { alice } = await pair({ name: 'Listed' });
  await alice.chats.open();

  await alice.chats.chat(/Listed/).click({ button: 'right' });
  await alice.page.getByRole('menuitem', { name: 'Rename' }).click();
  await alice.page.getByRole('textbox', { name: 'Chat name' }).fill('Renamed');
  await alice.conversation.dialog.getByRole('button', { name: 'Rename' }).click();

  await expect(alice.chats.chat(/Renamed/)).toBeVisible();
});

test('a finger that rests on a message opens its menu where the browser tells nothing of it', async ({
  pair,
}) => {
  const { alice, chat } = await pair({ browser: { viewport: { width: 390, height: 780 }, hasTouch: true } });
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('press me');
  await alice.conversation.send.click();
  const message = alice.conversation.message('press me');
  const finger = { pointerType: 'touch', isPrimary: true, clientX: 200, clientY: 400, bubbles: true };

  // A finger that moves on scrolls.
  await message.dispatchEvent('pointerdown', finger);
  await message.dispatchEvent('pointermove', { ...finger, clientY: 440 });
  await message.dispatchEvent('pointerup', finger);
  await message.dispatchEvent('pointerdown', finger);

  await expect(alice.page.getByRole('menuitem', { name: 'Copy' })).toHaveCount(1);
  // The finger is lifted: a click follows at once, and leaves the menu open.
  await message.evaluate((element) => {
    for (const name of ['pointerup', 'click']) element.dispatchEvent(new Event(name, { bubbles: true }));
  });
  await alice.page.getByRole('menuitem', { name: 'Copy' }).click();
  await expect(alice.page.getByText(/Copied|blocked copying/)).toBeVisible();
});

test('time and state stand at the last of what one wrote in one go', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  for (const text of ['one', 'two', 'three']) await alice.conversation.say(text);
  await expect(alice.conversation.message('three')).toContainText('Stored');

  const shown = (text: string) => alice.conversation.message(text).locator('.meta:not(.unseen)');
  await expect(shown('one')).toHaveCount(0);
  await expect(shown('two')).toHaveCount(0);
  await expect(shown('three')).toHaveCount(1);
  // Who listens hears it at every message.
  await expect(alice.conversation.message('one')).toContainText('Stored');
});

test('the way to hand on a key is a link; phones share it', async ({ person }) => {
  const alice = await person('alice', { hasTouch: true, isMobile: true });
  await alice.page.addInitScript(() => {
    const shared: unknown[] = [];
    Object.assign(globalThis, { shared });
    const page = globalThis as unknown as { readonly navigator: object };
    Object.assign(page.navigator, { share: (data: unknown) => Promise.resolve(shared.push(data)) });
  });
  await alice.chats.open();
  const key = await alice.chats.make('Shared');

  await alice.chats.button('Share…').click();

  const shared = await alice.page.evaluate(() => (globalThis as unknown as { shared: unknown }).shared);
  expect(shared).toEqual([{ url: `${new URL(alice.page.url()).origin}/join#${key}` }]);
});

test('one banner tells of the connection, on a phone too', async ({ pair }) => {
  const { alice, chat } = await pair({ browser: { viewport: { width: 390, height: 780 } } });
  await alice.conversation.open(chat.id);

  await alice.page.context().setOffline(true);

  await expect(alice.chats.status).toHaveText('Offline');
  await expect(alice.page.getByText('No connection.')).toBeInViewport();
  const bar = await alice.page.locator('footer').boundingBox();
  expect(bar?.height).toBeLessThanOrEqual(1);
  await alice.page.getByRole('link', { name: 'Back to chats' }).first().click();
  await expect(alice.chats.status).toBeInViewport();
});

for (const [answer, label] of [
  ['taken', 'Turn on notifications'],
  ['declined', 'Not now'],
] as const) {
  test(`notifications are offered once, after both have written; ${answer}`, async ({ pair }) => {
    const { alice, bob, chat } = await pair();
    await alice.page.addInitScript(() => {
      const asked = {
        permission: 'default',
        requestPermission: (): Promise<string> => Promise.resolve((asked.permission = 'granted')),
      };
      Object.assign(globalThis, { Notification: asked });
    });
    await alice.conversation.open(chat.id);
    await alice.conversation.say('hello');
    const offer = alice.page.locator('app-notice-offer');
    await expect(offer).toHaveCount(0);

    await (await bob.api()).sendMessage({ chatId: chat.id, clientMessageId: randomUUID(), text: 'hi' });
    await expect(offer).toContainText(`Get a notification when ${bob.username} writes`);
    await offer.getByRole('button', { name: label }).click();

    await expect(offer).toHaveText('');
    await alice.conversation.open(chat.id);
    await expect(alice.conversation.message('hi')).toBeVisible();
    await expect(offer).toHaveText('');
    await alice.account.open();
    const notifications = alice.page.getByRole('checkbox', { name: /^Notifications/ });
    await expect(notifications).toBeChecked({ checked: answer === 'taken' });
  });
}
