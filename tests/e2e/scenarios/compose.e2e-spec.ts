import { expect, PASSWORD, test } from '../pages/people.js';

// What runs in the page.
declare const navigator: { readonly clipboard: { writeText(text: string): Promise<void> } };
declare const localStorage: object;

test('Enter sends, and Shift+Enter breaks the line', async ({ pair }) => {
  const { alice, chat } = await pair();
  const { box, messages } = alice.conversation;
  await alice.conversation.open(chat.id);

  await box.pressSequentially('first');
  await box.press('Shift+Enter');
  await box.pressSequentially('second');
  await expect(messages).toHaveCount(0);
  await box.press('Enter');

  await expect(messages.locator('.text')).toHaveText('first\nsecond', { useInnerText: true });
  await expect(box).toHaveValue('');
});

test('Enter does not send while an input method composes', async ({ pair }) => {
  const { alice, chat } = await pair();
  const { box, messages } = alice.conversation;
  await alice.conversation.open(chat.id);
  await box.focus();
  const devtools = await alice.page.context().newCDPSession(alice.page);

  await devtools.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
  await box.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await box.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 });
  await expect(box).toHaveValue('にほん');
  await expect(messages).toHaveCount(0);
  await devtools.send('Input.insertText', { text: '日本' });
  await box.press('Enter');

  await expect(messages).toHaveCount(1);
  await expect(alice.conversation.message('日本')).toBeVisible();
});

test('a blank text is never sent', async ({ pair }) => {
  const { alice, chat } = await pair();
  const { box, messages, send } = alice.conversation;
  await alice.conversation.open(chat.id);

  await box.fill('   \n\t ');
  await box.press('Enter');
  await send.click();
  await alice.conversation.say('something');

  await expect(messages).toHaveCount(1);
});

test('pasted text keeps its lines', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await alice.conversation.open(chat.id);
  await alice.page.evaluate(() => navigator.clipboard.writeText('one\n\n  two\nthree'));

  await alice.conversation.box.press('ControlOrMeta+V');
  await expect(alice.conversation.box).toHaveValue('one\n\n  two\nthree');
  await alice.conversation.box.press('Enter');

  await expect(alice.conversation.messages.locator('.text')).toHaveText('one\n\n  two\nthree', {
    useInnerText: true,
  });
});

test('the box grows to eight lines and scrolls from there on', async ({ pair }) => {
  const { alice, chat } = await pair();
  const { box } = alice.conversation;
  await alice.conversation.open(chat.id);
  const height = (): Promise<number> => box.evaluate((element) => element.clientHeight);
  const lines = (count: number): string =>
    Array.from({ length: count }, (_, line) => `line ${line}`).join('\n');
  const one = await height();

  await box.fill(lines(8));
  await expect.poll(height).toBeGreaterThan(one * 4);
  const eight = await height();
  const hidden = (): Promise<number> =>
    box.evaluate((element) => element.scrollHeight - element.clientHeight);
  expect(await hidden()).toBeLessThanOrEqual(1);
  await box.fill(lines(9));

  await expect.poll(hidden).toBeGreaterThan(10);
  expect(await height()).toBe(eight);
});

test('a draft outlives switching chats, incoming messages, a reload, and logging in again', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair({ name: 'First' });
  const { box } = alice.conversation;
  await alice.page.request.post('/api/v1/chats', { data: { name: 'Second' } });
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);

  await box.fill('half a thought');
  await bob.conversation.say('are you there?');
  await expect(alice.conversation.message('are you there?')).toBeVisible();
  await expect(box).toHaveValue('half a thought');
  await alice.chats.chat('Second').click();
  await expect(box).toHaveValue('');
  await alice.chats.chat('First').click();
  await expect(box).toHaveValue('half a thought');
  await alice.page.reload();
  await expect(box).toHaveValue('half a thought');

  const elsewhere = await alice.api();
  const [here] = (await elsewhere.sessions()).filter(({ current }) => !current);
  await elsewhere.revokeSession(here?.id ?? '');
  await alice.page.waitForURL('**/log-in');
  await alice.signIn.enter('Log in', alice.username, PASSWORD);
  await expect(alice.page).toHaveURL(`/chats/${chat.id}`);
  await expect(box).toHaveValue('half a thought');
});

test('a draft is for its writer alone, also in the same browser', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('half a thought');
  const elsewhere = await alice.api();
  const [here] = (await elsewhere.sessions()).filter(({ current }) => !current);
  await elsewhere.revokeSession(here?.id ?? '');
  await alice.page.waitForURL('**/log-in');

  await alice.signIn.enter('Log in', bob.username, PASSWORD);
  await alice.page.waitForURL('**/chats**');
  await alice.conversation.open(chat.id);

  await expect(alice.conversation.box).toHaveValue('');
});

test('a draft is wiped at sign-out', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  await alice.conversation.box.fill('half a thought');

  await alice.chats.signOut(true);
  expect(await alice.page.evaluate(() => JSON.stringify(localStorage))).not.toContain('thought');
  await alice.signIn.enter('Log in', alice.username, PASSWORD);
  await expect(alice.page).toHaveURL('/chats');
  await alice.conversation.open(chat.id);

  await expect(alice.conversation.box).toHaveValue('');
});

test('the focus returns after every dialog, and stays in the box after sending', async ({ pair }) => {
  const { alice, chat } = await pair({ name: 'Ours' });
  const { page, chats, conversation } = alice;
  await conversation.open(chat.id);
  const menu = page.getByRole('button', { name: 'Chat menu' });

  for (const item of ['Show key', 'Rename', 'Leave chat', 'Delete chat']) {
    await conversation.chooseFromMenu(item);
    await expect(conversation.dialog).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(conversation.dialog).toHaveCount(0);
    await expect(menu).toBeFocused();
  }
  for (const name of ['New chat', 'Join a chat']) {
    await chats.button(name).click();
    await expect(conversation.dialog).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(chats.button(name)).toBeFocused();
  }
  await conversation.box.fill('by the button');
  await conversation.send.click();
  await expect(conversation.box).toBeFocused();
  await conversation.chooseFromMessage('by the button', 'Delete for both');
  await conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();
  await expect(conversation.dialog).toHaveCount(0);
  await expect(conversation.box).toBeFocused();
});

test('a counter appears from 3,500 characters on, and says when it is too much', async ({ pair }) => {
  const { alice, chat } = await pair();
  const { box, messages } = alice.conversation;
  await alice.conversation.open(chat.id);

  await box.fill('x'.repeat(3_499));
  await expect(alice.page.getByText('characters')).toHaveCount(0);
  await box.fill('🙂'.repeat(3_500));
  await expect(box).toHaveAccessibleDescription('3,500 of 4,000 characters');
  await box.fill('x'.repeat(4_001));
  await expect(box).toHaveAccessibleDescription('1 character over the limit');
  await box.press('Enter');
  await expect(box).toHaveValue('x'.repeat(4_001));
  await expect(messages).toHaveCount(0);
});

test('hammering Enter sends once', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);

  await alice.conversation.box.fill('only once');
  await Promise.all(Array.from({ length: 8 }, () => alice.page.keyboard.press('Enter')));
  await alice.conversation.say('and this');

  await expect(bob.conversation.message('and this')).toBeVisible();
  await expect(bob.conversation.message('only once')).toHaveCount(1);
});
