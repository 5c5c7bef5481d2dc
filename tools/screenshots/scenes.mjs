// What is photographed: each scene leads to a state of the product and gives the page that shows it.

/** @typedef {import('./household.mjs').Household} Household */
/** @typedef {import('@playwright/test').Page} Page */

/** @param {Page} page @param {string} path */
async function visit(page, path) {
  await page.goto(path);
  await page.getByText('Connected').waitFor({ state: 'attached' });
}

/** @param {Household} household @param {keyof Household['chats']} name */
async function conversation({ page, chats }, name) {
  await visit(page, `/chats/${chats[name].chat.id}`);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  return page;
}

/** @param {Page} page @param {string} button @param {string} [item] */
async function press(page, button, item) {
  await page.getByRole('button', { name: button, exact: true }).click();
  if (item !== undefined) await page.getByRole('menuitem', { name: item }).click();
}

/** Opens a dialog of the weekend's chat. @param {Household} household @param {string} item */
async function chatDialog(household, item) {
  const page = await conversation(household, 'weekend');
  await press(page, 'Chat menu', item);
  await page.getByRole('dialog').waitFor();
  return page;
}

/** Deletes a chat in front of both, unless that was done. @param {Household} household */
async function eraseDoomed({ page, bob, chats }) {
  if (page.url().includes('erased=')) return;
  await page.context().setOffline(false);
  const path = `/chats/${chats.doomed.chat.id}`;
  await visit(bob, path);
  await visit(page, path);
  await press(page, 'Chat menu', 'Delete chat');
  await press(page, 'Delete for both');
  await bob.getByText('This chat is gone').waitFor();
  await page.locator('app-receipt-card').waitFor();
}

/**
 * In this order: the last ones erase what the first ones show.
 * @type {Readonly<Record<string, (household: Household) => Promise<Page>>>}
 */
export const SCENES = {
  'sign-up': async ({ visitor }) => {
    await visitor.goto('/sign-up');
    await visitor.getByLabel('Username').waitFor();
    return visitor;
  },
  'sign-up-faults': async ({ visitor }) => {
    await visitor.goto('/sign-up');
    await visitor.getByLabel('Username').fill('no spaces');
    await visitor.getByLabel('Password').fill('short');
    await press(visitor, 'Sign up');
    await visitor.getByText('Use at least 8 characters').first().waitFor();
    return visitor;
  },
  'log-in': async ({ visitor }) => {
    await visitor.goto('/log-in');
    await visitor.getByLabel('Username').waitFor();
    return visitor;
  },
  'log-in-refused': async ({ visitor }) => {
    await visitor.goto('/log-in');
    await visitor.getByLabel('Username').fill('nobody');
    await visitor.getByLabel('Password').fill('not the password');
    await press(visitor, 'Log in');
    await visitor.getByRole('alert').waitFor();
    return visitor;
  },
  reset: async ({ visitor }) => {
    await visitor.goto(`/reset#${'x'.repeat(43)}`);
    await visitor.getByLabel('New password').fill('correct horse');
    await visitor.getByText('Strong.').or(visitor.getByText('One more word')).first().waitFor();
    return visitor;
  },
  'reset-refused': async ({ visitor }) => {
    await visitor.goto(`/reset#${'x'.repeat(43)}`);
    await visitor.getByLabel('New password').fill('correct horse battery staple');
    await press(visitor, 'Set password');
    await visitor.getByRole('alert').waitFor();
    return visitor;
  },
  invited: async ({ visitor, chats }) => {
    await visitor.goto(`/join#${chats.alone.key}`);
    await visitor.getByText("You've been invited").waitFor();
    return visitor;
  },
  'not-found': async ({ visitor }) => {
    await visitor.goto('/no/such/page');
    await visitor.getByRole('heading').first().waitFor();
    return visitor;
  },
  'no-chats': async ({ visitor }) => {
    await visitor.goto('/sign-up');
    await visitor.getByLabel('Username').fill('Dora');
    await visitor.getByLabel('Password').fill('correct horse battery staple');
    await press(visitor, 'Sign up');
    await visitor.waitForURL(/\/chats$|\/join$|\/chats\//);
    await visitor.goto('/chats');
    await visitor.getByText('No chats yet').waitFor();
    return visitor;
  },
  list: async ({ page }) => {
    await visit(page, '/chats');
    await page.getByRole('link', { name: /Weekend plans/ }).waitFor();
    return page;
  },
  'account-menu': async ({ page }) => {
    await visit(page, '/chats');
    await press(page, 'Account');
    return page;
  },
  shortcuts: async ({ page }) => {
    await visit(page, '/chats');
    await press(page, 'Account', 'Keyboard shortcuts');
    await page.getByRole('dialog').waitFor();
    return page;
  },
  unread: async (household) => {
    const page = await conversation(household, 'weekend');
    await page.getByText('New', { exact: true }).waitFor();
    return page;
  },
  conversation: async (household) => {
    const page = await conversation(household, 'weekend');
    await page.getByText('platform 4').last().waitFor();
    if (!(await page.getByText('9:40 it is').count())) {
      await page.getByRole('textbox', { name: 'Message' }).fill('9:40 it is. I bring the coffee ☕');
      await press(page, 'Send');
      await page.locator('.state.read').last().waitFor();
    }
    await page.getByText(/, online/).waitFor();
    return page;
  },
  writing: async (household) => {
    const page = await conversation(household, 'weekend');
    await household.bob.getByRole('textbox', { name: 'Message' }).pressSequentially('hm');
    await page.getByRole('main').getByText('is typing').waitFor();
    await page
      .getByRole('textbox', { name: 'Message' })
      .fill('First line of a longer thought,\nand a second,\nand a third.');
    return page;
  },
  'message-menu': async (household) => {
    const page = await conversation(household, 'weekend');
    await page.getByRole('textbox', { name: 'Message' }).fill('');
    const line = page.locator('app-message-row').filter({ hasText: 'wallpaper is the best' });
    await line.hover();
    await line.getByRole('button', { name: 'Message menu' }).click();
    await page.getByRole('menu').waitFor();
    return page;
  },
  'message-focus': async (household) => {
    const page = await conversation(household, 'weekend');
    await page.getByRole('log').focus();
    for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowUp');
    return page;
  },
  'chat-menu': async (household) => {
    const page = await conversation(household, 'weekend');
    await press(page, 'Chat menu');
    await page.getByRole('menu').waitFor();
    return page;
  },
  key: async (household) => {
    const page = await chatDialog(household, 'Show key');
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    return page;
  },
  rename: (household) => chatDialog(household, 'Rename'),
  'leave-chat': (household) => chatDialog(household, 'Leave chat'),
  'delete-chat': (household) => chatDialog(household, 'Delete chat'),
  stored: async (household) => {
    const page = household.page;
    await visit(page, `/chats/${household.chats.weekend.chat.id}/stored`);
    await page.getByRole('main').getByText('platform 4').first().waitFor();
    return page;
  },
  'stored-end': async (household) => {
    const page = household.page;
    await page.getByText('Who could read what').scrollIntoViewIfNeeded();
    await page.evaluate('document.querySelector("main").scrollTo(0, 1e6)');
    return page;
  },
  waiting: (household) => conversation(household, 'alone'),
  quiet: (household) => conversation(household, 'quiet'),
  'new-chat': async ({ page }) => {
    await visit(page, '/chats');
    await press(page, 'New chat');
    await page.getByRole('textbox', { name: 'Chat name' }).waitFor();
    return page;
  },
  join: async ({ page }) => {
    await visit(page, '/chats');
    await press(page, 'Join a chat');
    await page.getByRole('textbox', { name: 'Chat key' }).fill('mistyped-key');
    await press(page, 'Join');
    await page.getByRole('alert').waitFor();
    return page;
  },
  account: async ({ page }) => {
    await visit(page, '/account');
    await page.getByRole('list', { name: 'Sessions' }).getByRole('listitem').first().waitFor();
    return page;
  },
  'account-end': async ({ page }) => {
    await page.evaluate('document.querySelector("main").scrollTo(0, 1e6)');
    return page;
  },
  'delete-account': async ({ page }) => {
    await visit(page, '/account');
    await press(page, 'Delete account');
    await page.getByRole('dialog').waitFor();
    return page;
  },
  offline: async (household) => {
    const page = await conversation(household, 'quiet');
    await page.context().setOffline(true);
    await page.getByText('No connection').waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('This waits for the network.');
    await press(page, 'Send');
    await page.getByText('Sending').last().waitFor();
    return page;
  },
  gone: async (household) => {
    await eraseDoomed(household);
    return household.bob;
  },
  receipt: async (household) => {
    await eraseDoomed(household);
    return household.page;
  },
};
