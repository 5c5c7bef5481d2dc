import type { Locator, Page } from '@playwright/test';
import { write } from '../pages/history.js';
import { expect, PASSWORD, test, uniqueName } from '../pages/people.js';

// What runs in the page.
declare const document: {
  readonly activeElement: FocusedElement | null;
  readonly documentElement: { readonly scrollWidth: number };
  querySelectorAll(selector: string): Iterable<object>;
};
declare const innerWidth: number;
interface AddedNode {
  readonly nodeType: number;
  matches(selector: string): boolean;
  querySelectorAll(selector: string): Iterable<object>;
}
declare class MutationObserver {
  constructor(told: (changes: readonly { readonly addedNodes: Iterable<AddedNode> }[]) => void);
  observe(target: object, options: object): void;
}
declare class VisualViewport {
  dispatchEvent(event: object): void;
}
declare const visualViewport: VisualViewport;
declare function getComputedStyle(element: object): {
  readonly outlineStyle: string;
  readonly outlineWidth: string;
  readonly fontSize: string;
  readonly animationDuration: string;
  readonly animationIterationCount: string;
};

interface FocusedElement {
  readonly outerHTML: string;
  matches(selector: string): boolean;
  closest(selector: string): object | null;
}

/** Presses Tab until an element has the focus; every stop on the way must be seen. */
async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let stops = 0; stops < 40; stops++) {
    await page.keyboard.press(key);
    const unseen = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused.matches('body, .cdk-visually-hidden')) return null;
      const drawn = focused.matches('textarea') ? (focused.closest('.box') ?? focused) : focused;
      const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1 ? null : focused.outerHTML;
    });
    expect(unseen, 'an element whose focus nobody sees').toBeNull();
    if (await target.evaluate((element) => (element as object) === document.activeElement)) return;
  }
  throw new Error('the element cannot be reached by Tab');
}

test('the whole way from signing up to leaving goes by keyboard, with the focus in sight', async ({
  visitor,
}) => {
  const { page, signIn, chats, conversation } = await visitor();
  await page.goto('/sign-up');
  await expect(signIn.username).toBeVisible();

  await tabTo(page, signIn.username);
  await page.keyboard.type(uniqueName('keys'));
  await tabTo(page, signIn.password);
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(chats.status).toHaveText('Connected');

  await tabTo(page, chats.button('New chat'));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Chat name' })).toBeFocused();
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Enter');
  await expect(chats.key).not.toHaveValue('');
  await tabTo(page, chats.button('Open chat'));
  await page.keyboard.press('Enter');
  await expect(conversation.box).toBeFocused();
  await page.keyboard.type('to be taken back');
  await page.keyboard.press('Enter');
  await expect(conversation.message('to be taken back')).toContainText('Stored');

  await tabTo(page, conversation.log, 'Shift+Tab');
  await page.keyboard.press('ArrowUp');
  await expect(conversation.message('to be taken back')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Copy' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo(page, conversation.dialog.getByRole('button', { name: 'Delete for both' }));
  await page.keyboard.press('Enter');
  await expect(conversation.messages).toContainText('This message was deleted.');

  await tabTo(page, page.getByRole('button', { name: 'Chat menu' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Leave chat' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(conversation.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await tabTo(page, conversation.dialog.getByRole('button', { name: 'Leave' }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/chats');
});

test('? opens a sheet of shortcuts, and the shortcuts do what it says', async ({ person }) => {
  const alice = await person();
  const api = await alice.api();
  await api.createChat('Older');
  const { chat } = await api.createChat('Newer');
  await alice.conversation.open(chat.id);

  await alice.conversation.box.press('?');
  await expect(alice.conversation.box).toHaveValue('?');
  await alice.conversation.box.fill('');
  await alice.conversation.log.focus();
  await alice.page.keyboard.press('?');
  await expect(alice.page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await alice.page.keyboard.press('Escape');
  await expect(alice.conversation.log).toBeFocused();
  await alice.page.keyboard.press('Escape');
  await expect(alice.conversation.box).toBeFocused();

  await alice.page.keyboard.press('Alt+ArrowDown');
  await expect(alice.page.getByRole('heading', { name: 'Older' })).toBeVisible();
  await alice.page.keyboard.press('Alt+ArrowUp');
  await expect(alice.page.getByRole('heading', { name: 'Newer' })).toBeVisible();
});

test('messages are in a polite log, told once, with their sender and without the clock', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  const { log } = alice.conversation;
  // A log that tells additions tells each element that is put in: one that is put in anew would be told again.
  await log.evaluate((element) => {
    const page = globalThis as unknown as Record<string, unknown>;
    const added = new Set<object>();
    page['added'] = added;
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes) {
          if (node.nodeType !== 1) continue;
          if (node.matches('.message')) added.add(node);
          for (const message of node.querySelectorAll('.message')) added.add(message);
        }
    }).observe(element, { childList: true, subtree: true });
  });
  const told = (text: string): Promise<number> =>
    log.evaluate((_, said) => {
      const { added } = globalThis as unknown as { added: Set<{ readonly textContent: string }> };
      return [...added].filter(({ textContent }) => textContent.includes(said)).length;
    }, text);
  await write(await bob.api(), chat.id, ['read me out']);
  await alice.conversation.say('by myself');
  await bob.conversation.open(chat.id);
  await expect(alice.conversation.message('by myself')).toContainText('Read');

  expect([await told('read me out'), await told('by myself')]).toEqual([1, 1]);
  await expect(log).toHaveAttribute('aria-live', 'polite');
  await expect(log).toHaveAttribute('aria-relevant', 'additions');
  const heard = await log.ariaSnapshot();
  expect(heard.split('read me out')).toHaveLength(2);
  expect(heard).toContain(`${bob.username}:`);
  expect(heard).not.toMatch(/\d{1,2}:\d\d/);
  const elsewhere = alice.page
    .locator('[aria-live], [role=status], [role=alert]')
    .and(alice.page.locator(':not([role=log])'));
  expect((await elsewhere.allInnerTexts()).join(' ')).not.toContain('read me out');
});

const narrow = [
  { what: 'at 200 % zoom', viewport: { width: 640, height: 400 } },
  { what: 'at 320 pixels with a keyboard on the screen', viewport: { width: 320, height: 300 } },
];

for (const { what, viewport } of narrow) {
  test(`${what} nothing is cut off, and one can write`, async ({ pair, visitor }) => {
    const { alice, bob, chat } = await pair({ name: 'A rather long name for a chat', browser: { viewport } });
    await write(await bob.api(), chat.id, [`a long ${'word '.repeat(60)}`, 'https://example.org/'.repeat(9)]);
    const stranger = await visitor({ viewport });
    const width = (page: Page): Promise<number> =>
      page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

    for (const path of ['/sign-up', '/log-in']) {
      await stranger.page.goto(path);
      await expect(stranger.signIn.username).toBeVisible();
      expect(await width(stranger.page), path).toBeLessThanOrEqual(0);
    }
    for (const path of ['/chats', '/account', `/chats/${chat.id}/stored`, `/chats/${chat.id}`]) {
      await alice.page.goto(path);
      await expect(
        alice.page
          .getByRole('heading')
          .or(alice.chats.chat(/rather long/))
          .first(),
      ).toBeVisible();
      expect(await width(alice.page), path).toBeLessThanOrEqual(0);
    }
    await alice.conversation.say('short');
    for (const part of [alice.conversation.box, alice.conversation.send, alice.conversation.message('short')])
      await expect(part).toBeInViewport({ ratio: 0.9 });
    await alice.conversation.chooseFromMenu('Show key');
    await alice.chats.button('Close').click();
    await expect(alice.conversation.dialog).toHaveCount(0);
  });
}

test('a keyboard that covers the page, as on an iPhone, leaves the message box in sight', async ({
  pair,
}) => {
  const { alice, chat } = await pair({ browser: { viewport: { width: 320, height: 568 } } });
  await alice.conversation.open(chat.id);
  const keyboard = (visible: number): Promise<void> =>
    alice.page.evaluate((height) => {
      Object.defineProperty(VisualViewport.prototype, 'height', { get: () => height, configurable: true });
      visualViewport.dispatchEvent(new Event('resize'));
    }, visible);
  const bottom = (): Promise<number> =>
    alice.conversation.box.evaluate((box) => Math.round(box.getBoundingClientRect().bottom));
  const before = await bottom();

  await keyboard(308);
  await expect.poll(bottom).toBeLessThanOrEqual(308);
  expect(await bottom()).toBeGreaterThan(250);
  await keyboard(568);

  await expect.poll(bottom).toBe(before);
});

test('who wants less motion gets none', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ browser: { reducedMotion: 'reduce' } });
  const moving = (): Promise<number> =>
    alice.page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((element) => {
          const { animationDuration, animationIterationCount } = getComputedStyle(element);
          return Number.parseFloat(animationDuration) > 0.001 || animationIterationCount === 'infinite';
        }).length,
    );
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);
  await bob.conversation.box.pressSequentially('hm');
  await expect(alice.page.getByRole('main').getByText('is typing')).toBeVisible();
  expect(await moving()).toBe(0);

  await alice.chats.button('New chat').click();
  await expect(alice.chats.dialog).toBeVisible();

  expect(await moving()).toBe(0);
});

test('what one writes in is at least 16 pixels high', async ({ pair, visitor }) => {
  const { alice, chat } = await pair();
  const { page, signIn } = await visitor();
  const smallest = (where: Page): Promise<number> =>
    where.evaluate(() =>
      Math.min(
        ...[...document.querySelectorAll('input:not([type=checkbox]), textarea')].map((box) =>
          Number.parseFloat(getComputedStyle(box).fontSize),
        ),
      ),
    );

  await page.goto('/log-in');
  await expect(signIn.password).toBeVisible();
  expect(await smallest(page)).toBeGreaterThanOrEqual(16);
  await alice.account.open();
  expect(await smallest(alice.page)).toBeGreaterThanOrEqual(16);
  await alice.conversation.open(chat.id);
  expect(await smallest(alice.page)).toBeGreaterThanOrEqual(16);
});

test('password managers know each field, whose password it is, and may fill it in without a key pressed', async ({
  person,
  visitor,
}) => {
  const alice = await person();
  const { page, signIn } = await visitor();
  await page.goto('/sign-up');
  await expect(signIn.username).toHaveAttribute('autocomplete', 'username');
  await expect(signIn.password).toHaveAttribute('autocomplete', 'new-password');
  await alice.account.open();
  const form = alice.page.locator('app-password-form form');
  await expect(form.locator('[autocomplete=username]')).toHaveValue(alice.username);
  await expect(form.getByLabel('Current password')).toHaveAttribute('autocomplete', 'current-password');
  await expect(form.getByLabel('New password')).toHaveAttribute('autocomplete', 'new-password');

  await page.goto('/log-in');
  await expect(signIn.username).toHaveAttribute('autocomplete', 'username');
  await expect(signIn.password).toHaveAttribute('autocomplete', 'current-password');
  // Some fill in the fields and tell nobody.
  for (const [field, value] of [
    [signIn.username, alice.username],
    [signIn.password, PASSWORD],
  ] as const)
    await field.evaluate((box, filled) => Object.assign(box, { value: filled }), value);
  await page.getByRole('button', { name: 'Log in' }).click();

  await expect(page).toHaveURL('/chats');
});

test('errors are tied to their fields', async ({ visitor }) => {
  const { page, signIn } = await visitor();
  await page.goto('/sign-up');

  await signIn.enter('Sign up', 'no spaces here', 'short');

  await expect(signIn.username).toHaveAttribute('aria-invalid', 'true');
  await expect(signIn.username).toHaveAccessibleDescription(/letters, digits/);
  await expect(signIn.username).toBeFocused();
  await expect(signIn.password).toHaveAttribute('aria-invalid', 'true');
  await expect(signIn.password).toHaveAccessibleDescription(/at least 8 characters/);
});
