import { write } from '../pages/history.js';
import { holdsInMemory } from '../pages/inspection.js';
import { expect, PASSWORD, test, uniqueName } from '../pages/people.js';

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

test('on a phone Enter breaks the line, until somebody chooses that it sends', async ({ pair }) => {
  const { alice, chat } = await pair({ browser: PHONE });
  const { box, messages, send } = alice.conversation;
  await alice.conversation.open(chat.id);
  await expect(box).toHaveAttribute('enterkeyhint', 'enter');

  await box.fill('one');
  await box.press('Enter');
  await box.pressSequentially('two');
  await expect(box).toHaveValue('one\ntwo');
  await send.click();
  await expect(messages).toHaveCount(1);

  await alice.account.open();
  await alice.page.getByRole('checkbox', { name: /^Enter sends/ }).check();
  await alice.conversation.open(chat.id);
  await expect(box).toHaveAttribute('enterkeyhint', 'send');
  await box.fill('three');
  await box.press('Enter');
  await expect(messages).toHaveCount(2);
});

test('with a keyboard Enter sends, until somebody chooses that it breaks the line', async ({ pair }) => {
  const { alice, chat } = await pair();
  const { box, messages } = alice.conversation;
  await alice.account.open();
  await alice.page.getByRole('checkbox', { name: /^Enter sends/ }).uncheck();
  await alice.conversation.open(chat.id);

  await box.fill('one');
  await box.press('Enter');
  await expect(box).toHaveValue('one\n');
  await box.press('Control+Enter');

  await expect(messages).toHaveCount(1);
});

test('every text box takes the direction of what is written in it', async ({ person }) => {
  const alice = await person();
  const { page, chats } = alice;
  const { chat } = await (await alice.api()).createChat('שלום');
  const boxes = page.getByRole('textbox');
  const directions = (): Promise<readonly (string | null)[]> =>
    boxes.evaluateAll((all) => all.map((box) => (box as unknown as { dir: string }).dir));

  await alice.conversation.open(chat.id);
  expect(new Set(await directions())).toEqual(new Set(['auto']));
  await alice.conversation.chooseFromMenu('Rename');
  await expect(page.getByRole('textbox', { name: 'Chat name' })).toBeVisible();
  expect(new Set(await directions())).toEqual(new Set(['auto']));
  await page.keyboard.press('Escape');
  await chats.open();
  await chats.button('Join a chat').click();
  expect(new Set(await directions())).toEqual(new Set(['auto']));
});

test('a name is meant without what stands around it', async ({ person, visitor }) => {
  const alice = await person();
  const { page, signIn } = await visitor();

  await signIn.logIn(` ${alice.username}\u200b `, PASSWORD);
  await expect(page).toHaveURL('/chats');
});

test('what nobody could see is refused with a word', async ({ pair }) => {
  const { alice, chat } = await pair({ name: 'Seen' });
  const { conversation, page, chats } = alice;
  await conversation.open(chat.id);

  for (const invisible of ['\u2800', '\u200b\u200d', '\u3164 \u00ad']) {
    await conversation.box.fill(invisible);
    await conversation.box.press('Enter');
    await expect(conversation.box).toHaveAccessibleDescription("There's nothing to see in this message.");
    await expect(conversation.messages).toHaveCount(0);
    await conversation.chooseFromMenu('Rename');
    const name = page.getByRole('textbox', { name: 'Chat name' });
    await name.fill(invisible);
    await conversation.dialog.getByRole('button', { name: 'Rename' }).click();
    await expect(name).toHaveAccessibleDescription('Use at least one visible character.');
    await page.keyboard.press('Escape');
  }
  await conversation.box.fill('seen');
  await expect(conversation.box).not.toHaveAccessibleDescription(/nothing/);
  await chats.open();
  await chats.button('New chat').click();
  await page.getByRole('textbox', { name: 'Chat name' }).fill('\u2800');
  await chats.button('Create').click();
  await expect(page.getByRole('textbox', { name: 'Chat name' })).toHaveAccessibleDescription(/visible/);
});

test('a password counts the same in every field: what one page takes, the others take', async ({
  person,
  visitor,
}) => {
  // 100 letters, each with three accents: 100 characters once they are put together as far as they go.
  const long = 'ǘ'.normalize('NFD').repeat(100);
  const alice = await person();
  await alice.account.open();
  await alice.account.changePassword(PASSWORD, long);
  await expect(alice.page.getByText('Your password has been changed')).toBeVisible();
  const { page, signIn } = await visitor();

  await signIn.logIn(alice.username, long);
  await expect(page).toHaveURL('/chats');

  const other = await visitor();
  await other.signIn.signUp(uniqueName('decomposed'), long);
  await expect(other.page).toHaveURL('/chats');
  const third = await visitor();
  await third.signIn.signUp(uniqueName('too-long'), 'ǘ'.normalize('NFD').repeat(129));
  await expect(third.signIn.password).toHaveAccessibleDescription(/at most 128/);
});

test('after signing out, the page holds neither the password nor anything of a chat', async ({
  visitor,
  person,
}) => {
  const password = `plum-${uniqueName('orbit')}-kettle`;
  const [bob, one] = [await person('bob'), await visitor()];
  await one.signIn.signUp(uniqueName('ann'), password);
  await expect(one.page).toHaveURL('/chats');
  const key = await one.chats.make('Doomed');
  await one.chats.button('Open chat').click();
  const api = await bob.api();
  const chat = await api.joinChat(key);
  await write(api, chat.id, ['the last line of theirs']);
  await expect(one.conversation.message('the last line of theirs')).toBeVisible();
  expect(await holdsInMemory(one.page, 'the last line of theirs')).toBe(true);

  await one.chats.signOut();
  await expect(one.page.getByRole('heading', { name: 'Welcome back' })).toBeVisible();

  expect(await holdsInMemory(one.page, 'the last line of theirs', password)).toBe(false);
});

test('"Delivered" and "Read" differ in form, and the avatar of the chosen chat in colour', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair({ name: 'Forms' });
  await alice.conversation.open(chat.id);
  await alice.conversation.say('hello');
  const drawing = (): Promise<string | null> =>
    alice.conversation.messages.last().locator('.state path').getAttribute('d');
  const shapes = new Set([await drawing()]);
  await bob.chats.open();
  await expect(alice.conversation.message('hello')).toContainText('Delivered');
  shapes.add(await drawing());
  await bob.conversation.open(chat.id);
  await expect(alice.conversation.message('hello')).toContainText('Read');
  shapes.add(await drawing());

  expect(shapes.size).toBe(3);
  const avatar = alice.chats.chat('Forms').locator('app-avatar');
  await expect(avatar).not.toHaveCSS('box-shadow', 'none');
});

test('who is typing is not called offline', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.page.route('**/api/v1/chats', async (route) => {
    const response = await route.fetch();
    const { chats } = (await response.json()) as {
      chats: { members: { online: boolean; lastSeenAt: null }[] }[];
    };
    for (const one of chats)
      for (const member of one.members) Object.assign(member, { online: false, lastSeenAt: null });
    await route.fulfill({ response, json: { chats } });
  });
  await bob.conversation.open(chat.id);
  await alice.conversation.open(chat.id);
  await expect(alice.page.getByText('Offline', { exact: true })).toBeVisible();

  await bob.conversation.box.pressSequentially('hm');

  await expect(alice.page.getByRole('main').getByText('is typing')).toBeVisible();
  await expect(alice.page.getByText('Online', { exact: true })).toBeVisible();
});

test('faults of a field are whole sentences, whatever the server says of it', async ({ visitor }) => {
  const { page, signIn } = await visitor();
  await page.route('**/api/v1/auth/register', (route) =>
    route.fulfill({
      status: 400,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: 'about:blank',
        title: 'The request is invalid',
        status: 400,
        code: 'VALIDATION_FAILED',
        detail: 'password: is one of the most common passwords: choose another',
        errors: [
          { field: 'password', message: 'is one of the most common passwords: choose another' },
          { field: 'username', message: 'must match /x/' },
        ],
        requestId: 'one',
      }),
    }),
  );

  await signIn.signUp('fine-name', PASSWORD);

  await expect(signIn.password).toHaveAccessibleDescription(
    'This is one of the most common passwords. Choose another.',
  );
  await expect(signIn.username).toHaveAccessibleDescription(
    "This username can't be used. Choose another one.",
  );
});
