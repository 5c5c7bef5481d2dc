import type { Page } from '@playwright/test';
import { write } from '../pages/history.js';
import { expect, test } from '../pages/people.js';

/** A box of another tab. */
const boxOf = (page: Page) => page.getByRole('textbox', { name: 'Message' });

test('one draft is shared by all tabs, and what one of them sent is nobody’s draft', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  const second = await alice.page.context().newPage();
  await second.goto(`/chats/${chat.id}`);
  await expect(boxOf(second)).toBeEnabled();

  await alice.conversation.box.fill('half a');
  await expect(boxOf(second)).toHaveValue('half a');
  await boxOf(second).fill('half a thought');
  await expect(alice.conversation.box).toHaveValue('half a thought');
  await boxOf(second).press('Enter');
  await expect(alice.conversation.message('half a thought')).toBeVisible();

  await expect(alice.conversation.box).toHaveValue('');
  await alice.page.reload();
  await expect(alice.conversation.box).toBeEnabled();
  await expect(alice.conversation.box).toHaveValue('');
  await expect(alice.conversation.messages).toHaveCount(1);
});

test('what waits is seen in all tabs and goes out once, in order, however it was written', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  const second = await alice.page.context().newPage();
  await second.goto(`/chats/${chat.id}`);
  await expect(boxOf(second)).toBeEnabled();
  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');

  for (const [index, text] of ['one', 'two', 'three', 'four'].entries()) {
    const box = index % 2 === 0 ? alice.conversation.box : boxOf(second);
    await box.fill(text);
    await box.press('Enter');
    await expect(alice.conversation.message(text)).toBeVisible();
  }
  await alice.page.context().setOffline(false);

  await expect(alice.conversation.message('four')).toContainText('Stored');
  const { messages } = await (await bob.api()).messages(chat.id);
  expect(messages.map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four']);
});

test('a choice for this browser holds in all of its tabs', async ({ person }) => {
  const alice = await person();
  await alice.account.open();
  const second = await alice.page.context().newPage();
  await second.goto('/account');
  const sound = (page: Page) => page.getByRole('checkbox', { name: 'Sound' });
  await expect(sound(second)).not.toBeChecked();

  await sound(alice.page).check();

  await expect(sound(second)).toBeChecked();
});

/** Stands for the system that shows notifications, and says whether the page has the focus. */
async function withNotices(page: Page, focused: boolean): Promise<void> {
  await page.addInitScript((isFocused) => {
    const scope = globalThis as unknown as Record<string, unknown>;
    const shown: string[] = [];
    scope['shown'] = shown;
    scope['Notification'] = Object.assign(
      function Notification(_title: string, { body }: { body: string }) {
        shown.push(body);
        return { close: () => void shown.splice(shown.indexOf(body), 1) };
      },
      { permission: 'granted', requestPermission: () => Promise.resolve('granted') },
    );
    (scope['document'] as { hasFocus: () => boolean }).hasFocus = (): boolean => isFocused;
  }, focused);
}

const shown = (page: Page): Promise<unknown> =>
  page.evaluate(() => (globalThis as unknown as Record<string, unknown>)['shown']);

test('a notification goes when its message is read or deleted elsewhere', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  await withNotices(alice.page, false);
  await alice.account.open();
  await alice.page.getByRole('checkbox', { name: /^Notifications/ }).check();
  await alice.page.getByRole('checkbox', { name: /^Show/ }).check();

  await write(api, chat.id, ['to be read']);
  await expect.poll(() => shown(alice.page)).toEqual(['to be read']);
  await (await alice.api()).markRead(chat.id, 1);
  await expect.poll(() => shown(alice.page)).toEqual([]);
  await write(api, chat.id, ['to be deleted']);
  await expect.poll(() => shown(alice.page)).toEqual(['to be deleted']);
  const { messages } = await api.messages(chat.id);
  await api.deleteMessage(chat.id, messages.at(-1)?.id ?? '');

  await expect.poll(() => shown(alice.page)).toEqual([]);
});

test('a tab keeps quiet about what another tab shows', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const second = await alice.page.context().newPage();
  await withNotices(second, false);
  await second.goto('/account');
  await second.getByRole('checkbox', { name: /^Notifications/ }).check();
  await withNotices(alice.page, true);
  await alice.conversation.open(chat.id);

  await write(await bob.api(), chat.id, ['seen at once', 'and this']);
  await expect(alice.conversation.message('and this')).toBeVisible();
  await alice.page.goto('about:blank');
  await write(await bob.api(), chat.id, ['nobody looks']);

  await expect.poll(() => shown(second)).toEqual(['You have a new message']);
});

test('a browser that has no notifications of its own still makes the sound', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.page.addInitScript(() => {
    const scope = globalThis as unknown as Record<string, unknown> & { AudioContext: new () => object };
    scope['sounds'] = 0;
    scope.AudioContext = class extends scope.AudioContext {
      constructor() {
        super();
        scope['sounds'] = Number(scope['sounds']) + 1;
      }
    };
    scope['Notification'] = Object.assign(
      function Notification() {
        throw new TypeError('Illegal constructor');
      },
      { permission: 'granted', requestPermission: () => Promise.resolve('granted') },
    );
    (scope['document'] as { hasFocus: () => boolean }).hasFocus = (): boolean => false;
  });
  await alice.account.open();
  await alice.page.getByRole('checkbox', { name: /^Notifications/ }).check();
  await alice.page.getByRole('checkbox', { name: 'Sound' }).check();

  await write(await bob.api(), chat.id, ['heard']);

  await expect
    .poll(() => alice.page.evaluate(() => (globalThis as unknown as Record<string, unknown>)['sounds']))
    .toBe(1);
});
