import type { Page } from '@playwright/test';
import { expect, test } from '../pages/people.js';

// What runs in the page.
declare const document: {
  readonly activeElement: { readonly tagName: string; checkVisibility(): boolean } | null;
};

/** The focus is at something that is there to be seen or heard. */
async function expectFocusHeld(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(() => {
        const focused = document.activeElement;
        return focused !== null && focused.tagName !== 'BODY' && focused.checkVisibility();
      }),
    )
    .toBe(true);
}

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

for (const [where, browser] of [
  ['on a desktop', {}],
  ['on a phone', PHONE],
] as const) {
  test(`the focus goes along with creating, going back, leaving and deleting ${where}`, async ({
    person,
  }) => {
    const { page, chats, conversation } = await person('alice', browser);
    const told = (words: string) => expect(page.locator('.cdk-live-announcer-element')).toHaveText(words);
    await chats.open();

    await chats.make('First');
    await expect(page.getByRole('heading', { name: 'Your chat is ready' })).toBeFocused();
    await chats.button('Open chat').click();
    const first = page.getByRole('heading', { name: 'First' });
    await expect(where === 'on a phone' ? first : conversation.box).toBeFocused();
    if (where === 'on a phone') {
      await page.getByRole('link', { name: 'Back to chats' }).first().click();
      await expect(chats.chat('First')).toBeFocused();
      await chats.chat('First').click();
      await expect(first).toBeFocused();
    }

    await conversation.chooseFromMenu('Delete chat');
    await conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();
    await expect(page.getByRole('heading', { name: 'This chat is gone' })).toBeFocused();
    await told('Chat deleted.');
    await page.getByRole('link', { name: 'Done' }).click();
    await expectFocusHeld(page);

    await chats.make('Second');
    await chats.button('Open chat').click();
    await conversation.chooseFromMenu('Leave chat');
    await conversation.dialog.getByRole('button', { name: 'Leave', exact: true }).click();
    await expect(page).toHaveURL('/chats');
    await expect(page.getByRole('heading', { name: 'Chats', exact: true })).toBeFocused();
    await told('You left the chat.');
  });

  test(`every dialog and menu gives the focus back ${where}`, async ({ person }) => {
    const alice = await person('alice', browser);
    const { page, chats, conversation } = alice;
    const { chat } = await (await alice.api()).createChat('Kept');
    await chats.open();

    for (const name of ['New chat', 'Join a chat']) {
      await chats.button(name).click();
      await expect(chats.dialog).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(chats.button(name)).toBeFocused();
    }
    await chats.chooseFromAccount('Keyboard shortcuts');
    await page.keyboard.press('Escape');
    await expect(chats.button('Account')).toBeFocused();
    await conversation.open(chat.id);
    for (const item of ['Show key', 'Rename', 'Leave chat', 'Delete chat']) {
      await conversation.chooseFromMenu(item);
      await expect(conversation.dialog).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(chats.button('Chat menu')).toBeFocused();
    }
    await conversation.chooseFromMenu('What the server stores');
    await expect(page).toHaveURL(/stored$/);
    await expectFocusHeld(page);
    await page.goBack();
    await expectFocusHeld(page);
    await page.goto('/chats');
    await chats.chooseFromAccount('Account settings');
    await expect(page).toHaveURL('/account');
    await expectFocusHeld(page);
  });
}

test('joining with a key says so, and the box has the focus', async ({ person }) => {
  const [alice, bob] = [await person('alice'), await person('bob')];
  const { key } = await (await alice.api()).createChat('Together');
  await bob.chats.open();

  await bob.chats.join(key);

  await expect(bob.page.locator('.cdk-live-announcer-element')).toHaveText('You joined Together.');
  await expect(bob.conversation.box).toBeFocused();
});
