import type { Page } from '@playwright/test';
import { numbered, write, writeMany } from '../pages/history.js';
import { inspect } from '../pages/inspection.js';
import { expect, type Person, test } from '../pages/people.js';

// What runs in the page.
declare const indexedDB: { databases(): Promise<readonly object[]> };
declare const localStorage: object;
declare const sessionStorage: object;
declare const document: { readonly title: string; dispatchEvent(event: object): boolean };
declare const KeyboardEvent: new (type: string, options: object) => { readonly defaultPrevented: boolean };

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** The panel of the search, and what one does in it. */
function searchOf({ page, conversation }: Person) {
  const panel = page.getByRole('search', { name: 'Search in this chat' });
  const box = page.getByRole('searchbox', { name: 'Search messages' });
  return {
    panel,
    box,
    hits: panel.getByRole('list', { name: 'Hits' }).getByRole('button'),
    marks: panel.locator('mark'),
    menu: page.getByRole('button', { name: 'Chat menu' }),
    cancel: panel.getByRole('button', { name: 'Cancel' }),
    open: async (): Promise<void> => {
      await conversation.chooseFromMenu('Search');
      await expect(box).toBeFocused();
    },
  };
}

/** Holds back every page of history but the first one that the search asks for, until the returned function is called. */
async function holdPages(page: Page): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/messages\?before=\d+&limit=200/, async (route) => {
    await released;
    await route.continue().catch(() => undefined); // the page has given it up meanwhile
  });
  return release;
}

test('a hit leads to its place also where that is not loaded, and nothing of the search is kept', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair({ name: 'Long' });
  await write(await bob.api(), chat.id, ['un mot varie\u0301 d’abord']);
  await writeMany(await alice.edge(), chat.id, 900);
  await (await alice.api()).markRead(chat.id, 901);
  const { page, conversation } = alice;
  const search = searchOf(alice);
  await conversation.open(chat.id);
  await expect(conversation.message('Message').first()).toBeVisible();
  await expect(conversation.message('un mot')).toHaveCount(0);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await search.open();

  await search.box.fill('VARIÉ');

  await expect(search.panel.getByText('1 hit.')).toBeVisible();
  await expect(search.hits).toHaveCount(1);
  await expect(search.hits).toContainText(bob.username);
  expect(await search.marks.allTextContents()).toEqual(['varie\u0301']);
  await search.hits.click();
  const message = conversation.message('un mot');
  await expect(message).toBeFocused();
  await expect(message).toBeInViewport();
  await expect(conversation.jump).toBeVisible();
  await expect(page).toHaveURL(`/chats/${chat.id}`);
  const kept = await page.evaluate(async () =>
    JSON.stringify([localStorage, sessionStorage, await indexedDB.databases(), document.title]),
  );
  expect(kept).not.toMatch(/vari|mot/iu);
  expect(requests.filter((url) => /vari/iu.test(decodeURIComponent(url)))).toEqual([]);
});

for (const [where, browser] of [
  ['on a desktop', {}],
  ['on a phone', PHONE],
] as const) {
  test(`everything is done by the keyboard ${where}`, async ({ pair }) => {
    const { alice, bob, chat } = await pair({ browser });
    await write(await bob.api(), chat.id, numbered('word', 30));
    const { page, conversation } = alice;
    const search = searchOf(alice);
    await conversation.open(chat.id);
    await search.menu.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Search' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(search.box).toBeFocused();

    await page.keyboard.type('WORD 1');
    await page.keyboard.press('Enter');
    await expect(search.hits).toHaveCount(11);
    await page.keyboard.press('ArrowDown');
    await expect(search.hits.nth(0)).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await expect(search.hits.nth(1)).toBeFocused();
    await expect(search.hits.nth(1)).toContainText('word 18.');
    await page.keyboard.press('Enter');
    await expect(conversation.message('word 18.')).toBeFocused();
    await expect(conversation.message('word 18.')).toBeInViewport();
    await page.keyboard.press('Escape');
    await expect(search.hits.nth(1)).toBeFocused();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowUp');
    await expect(search.box).toBeFocused();
    await page.keyboard.press('Escape');

    await expect(search.panel).toHaveCount(0);
    await expect(search.menu).toBeFocused();
    const taken = await page.evaluate(
      () =>
        !document.dispatchEvent(new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, cancelable: true })),
    );
    expect(taken, 'the browser keeps its own search').toBe(false);
  });

  test(`axe finds nothing in the search ${where}`, async ({ pair }) => {
    const { alice, bob, chat } = await pair({ browser });
    await write(await bob.api(), chat.id, ['a needle', 'שלום needle', 'nothing']);
    const search = searchOf(alice);
    await alice.conversation.open(chat.id);
    await search.open();
    await search.box.fill('needle');
    await expect(search.hits).toHaveCount(2);

    await inspect(alice.page, 'search');
    await expect(alice.chats.status).toHaveCount(1);
    await search.hits.last().click();
    await expect(alice.conversation.message('a needle')).toBeFocused();
    await inspect(alice.page, 'a hit that was chosen');
  });
}

test('what is deleted goes from the hits at once, and what comes is listed', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, ['a needle', 'regretted needle']);
  const search = searchOf(alice);
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);
  await search.open();
  await search.box.fill('Needle');
  await expect(search.hits).toHaveCount(2);

  await bob.conversation.chooseFromMessage('regretted', 'Delete for both');
  await bob.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();

  await expect(search.hits).toHaveCount(1);
  await expect(search.panel.getByText('regretted')).toHaveCount(0);
  await expect(search.panel.getByText('1 hit.')).toBeVisible();
  await bob.conversation.say('one more NEEDLE');
  await expect(search.hits.first()).toContainText('one more NEEDLE');
});

test('it is canceled by a button and by Escape, and keeps what it has found', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await writeMany(await bob.edge(), chat.id, 450);
  await write(await bob.api(), chat.id, ['the needle']);
  const { page } = alice;
  const search = searchOf(alice);
  await alice.conversation.open(chat.id);
  const release = await holdPages(page);
  await search.open();

  await search.box.fill('needle');
  await expect(search.hits).toHaveCount(1);
  await expect(search.panel.getByText('200 of 451 messages searched')).toBeVisible();
  await search.cancel.click();
  await expect(search.panel.getByText('Search canceled. 1 hit so far.')).toBeVisible();
  await expect(search.cancel).toHaveCount(0);
  await expect(search.box).toBeFocused();

  await search.box.fill('the needle');
  await expect(search.cancel).toBeVisible();
  await expect(search.hits).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(search.panel.getByText('Search canceled. 1 hit so far.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(search.panel).toHaveCount(0);
  await expect(search.menu).toBeFocused();
  release();
});

test('it says that there is no connection, and goes on when there is one', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, ['the needle']);
  const { page } = alice;
  const search = searchOf(alice);
  await alice.conversation.open(chat.id);
  await search.open();
  await page.context().setOffline(true);

  await search.box.fill('needle');

  await expect(search.panel.getByText(/No connection\. The search continues/)).toBeVisible();
  await page.context().setOffline(false);
  await expect(search.hits).toHaveCount(1);
  await expect(search.panel.getByText('1 hit.')).toBeVisible();
});

test('what is looked for is text, and what is marked is a piece of the message', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const texts = [
    'İstanbul',
    'STRASSE',
    'straße',
    'ﬁn',
    '한국',
    'a:b',
    'x .* y',
    ':-(',
    'C:\\new',
    'ab\u202edc',
  ];
  await write(await bob.api(), chat.id, texts);
  const search = searchOf(alice);
  await alice.conversation.open(chat.id);
  await search.open();

  for (const [wanted, marked] of [
    ['istanbul', ['İstanbul']],
    ['strasse', ['straße', 'STRASSE']],
    ['fin', ['ﬁn']],
    ['한국', ['한국']],
    ['a:b', ['a:b']],
    ['.*', ['.*']],
    ['(', ['(']],
    ['\\', ['\\']],
    ['\u202e', ['\u202e']],
  ] as const) {
    await search.box.fill(wanted);
    await expect(search.marks, wanted).toHaveText([...marked]);
  }
  await search.box.fill('nowhere');
  await expect(search.panel.getByText('No messages found.')).toBeVisible();
  await search.box.fill('');
  await expect(search.panel.getByText('No messages found.')).toHaveCount(0);
});

test('the longest messages of marks are searched, and leave the page usable', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const pieces = ['`', '*', '_', '[', '(', '>', '\\', '**_', '![', '[](', 'e\u0301', '- '];
  const api = await bob.api();
  for (const piece of pieces) await write(api, chat.id, [piece.repeat(Math.floor(4_000 / piece.length))]);
  const search = searchOf(alice);
  await alice.conversation.open(chat.id);
  await search.open();

  await search.box.fill('[');
  await expect(search.hits).toHaveCount(3);
  await search.box.fill('e'.repeat(1_000));
  await expect(search.hits).toHaveCount(1);
  await expect(search.marks).toHaveCount(1);
  await search.hits.click();
  await expect(alice.conversation.messages.nth(10)).toBeFocused();
});

test('it is opened from the list of chats too, and ends with its chat', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Searched' });
  await write(await bob.api(), chat.id, ['the needle']);
  const { page, chats } = alice;
  const search = searchOf(alice);
  await chats.open();
  await chats.chat('Searched').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Search' }).click();
  await expect(search.box).toBeFocused();
  await search.box.fill('needle');
  await expect(search.hits).toHaveCount(1);

  await (await bob.api()).deleteChat(chat.id);

  await expect(search.panel).toHaveCount(0);
  await expect(page.getByText('the needle')).toHaveCount(0);
});
