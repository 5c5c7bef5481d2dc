import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, Download, Page } from '@playwright/test';
import { write, writeMany } from '../pages/history.js';
import { inspect } from '../pages/inspection.js';
import { expect, type Person, test } from '../pages/people.js';

/** Exports the chat that is open. */
async function exported({ page, conversation }: Person): Promise<Download> {
  await conversation.chooseFromMenu('Export chat');
  const download = page.waitForEvent('download');
  await conversation.dialog.getByRole('button', { name: 'Download' }).click();
  const file = await download;
  await expect(conversation.dialog.getByText('The chat has been downloaded.')).toBeVisible();
  await conversation.dialog.getByRole('button', { name: 'Close' }).click();
  return file;
}

/** Saves a download under a name that a browser takes for a page. */
async function savedPage(file: Download): Promise<string> {
  const path = test.info().outputPath('export.html');
  await file.saveAs(path);
  return path;
}

/** Opens a file from the disk in a browser of its own, and records what it asks for and does. */
async function openFile(browser: Browser, path: string): Promise<{ page: Page; seen: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const seen: string[] = [];
  const url = pathToFileURL(path).href;
  page.on('request', (request) => void (request.url() !== url && seen.push(request.url())));
  page.on('dialog', (dialog) => {
    seen.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => seen.push(message.text()));
  page.on('pageerror', (error) => seen.push(String(error)));
  await page.goto(url, { waitUntil: 'networkidle' });
  return { page, seen };
}

/** The file without the time at which it was made. */
async function withoutDate(file: Download): Promise<string> {
  const text = await readFile(await file.path(), 'utf8');
  return text.replace(/on <time datetime="[^"]*">[^<]*<\/time>/u, '');
}

const HOSTILE = [
  '"><img src=x onerror="alert(1)">',
  '</style><script>alert(1)</script>',
  '&lt;b&gt;',
  ']]>',
  '</div></article><iframe src="https://evil.example"></iframe>',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<style>@import "https://evil.example/x.css"</style>',
  'two\n\n  lines ',
  '¯\\_(ツ)_/¯',
  '[click](javascript:alert(1))',
];

test('an exported chat reads offline, says exactly what was written, and does nothing', async ({
  pair,
  browser,
}) => {
  const name = 'The "Good" Guys/..<img src=x onerror=alert(1)>';
  const { alice, bob, chat, key } = await pair({ name });
  await write(await bob.api(), chat.id, [...HOSTILE, 'see https://example.org/path?a=1&b=2.']);
  await write(await alice.api(), chat.id, ['my answer', 'regretted']);
  const api = await alice.api();
  const { messages } = await api.messages(chat.id);
  await api.deleteMessage(chat.id, messages.at(-1)?.id ?? '');
  await alice.conversation.open(chat.id);

  const file = await exported(alice);

  expect(file.suggestedFilename()).toMatch(
    /^secure-chat-The-Good-Guys-\.-img-src=x-onerror=alert\(1\)-\d{4}-\d\d-\d\d\.html$/,
  );
  const { page, seen } = await openFile(browser, await savedPage(file));
  expect(await page.locator('h1').textContent()).toBe(name);
  expect(await page.locator('.text').allTextContents()).toEqual([
    ...HOSTILE,
    'see https://example.org/path?a=1&b=2.',
    'my answer',
  ]);
  await expect(page.locator('article').last()).toContainText('This message was deleted.');
  await expect(page.getByText(bob.username).first()).toBeVisible();
  const link = page.getByRole('link', { name: 'https://example.org/path?a=1&b=2' });
  await expect(link).toHaveAttribute('href', 'https://example.org/path?a=1&b=2');
  expect(await page.locator('script, img, iframe, link, object').count()).toBe(0);
  await expect(page.locator('.own').first()).toHaveCSS('border-radius', '16px');
  expect(seen).toEqual([]);
  expect(await readFile(await file.path(), 'utf8')).not.toContain(key);
  await inspect(page, 'exported chat').catch((error: unknown) => {
    // The policy of the file keeps out the inspection too.
    expect(String(error)).toMatch(/Content Security Policy|unsafe-eval/u);
  });
  await page.context().close();

  expect(await withoutDate(await exported(alice))).toBe(await withoutDate(file));
});

test('a message that is deleted while the chat is read is not in the file', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ name: 'Long' });
  const api = await bob.api();
  await write(api, chat.id, ['regretted']);
  const regretted = (await api.messages(chat.id)).messages[0]?.id ?? '';
  await writeMany(await bob.edge(), chat.id, 450);
  const { page, conversation } = alice;
  const told = new Promise<void>((resolve) => {
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        if (String(payload).includes('message:deleted')) resolve();
      });
    });
  });
  await conversation.open(chat.id);
  let asked = (): void => undefined;
  const second = new Promise<void>((resolve) => (asked = resolve));
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/messages\?after=200&limit=200/, async (route) => {
    asked();
    await released;
    await route.continue();
  });
  await conversation.chooseFromMenu('Export chat');
  const download = page.waitForEvent('download');
  await conversation.dialog.getByRole('button', { name: 'Download' }).click();
  await second;
  await expect(conversation.dialog.getByText('200 of 451 messages')).toBeVisible();

  await api.deleteMessage(chat.id, regretted);
  await told;
  release();

  const text = await readFile(await (await download).path(), 'utf8');
  expect(text).not.toContain('regretted');
  expect(text).toContain('This message was deleted.');
  expect(text.match(/<article/gu)).toHaveLength(451);
});

test('an export is canceled with its dialog, which gives the focus back', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, ['one']);
  const { page, conversation } = alice;
  await conversation.open(chat.id);
  const downloads: Download[] = [];
  page.on('download', (download) => downloads.push(download));
  await page.route(/\/messages\?after=0&limit=200/, () => new Promise<void>(() => undefined));
  await conversation.chooseFromMenu('Export chat');
  await inspect(page, 'export');
  const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('after=0'));
  await conversation.dialog.getByRole('button', { name: 'Download' }).click();
  await expect(conversation.dialog.getByText('Reading the messages…')).toBeVisible();

  await conversation.dialog.getByRole('button', { name: 'Cancel' }).click();

  await ended;
  await expect(page.getByRole('button', { name: 'Chat menu' })).toBeFocused();
  expect(downloads).toEqual([]);
});

test('an empty chat is exported too', async ({ pair, browser }) => {
  const { alice, chat } = await pair({ name: 'CON' });
  await alice.conversation.open(chat.id);

  const { page } = await openFile(browser, await savedPage(await exported(alice)));

  await expect(page.getByText('There are no messages in this chat.')).toBeVisible();
  await page.context().close();
});
