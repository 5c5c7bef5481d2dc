import { chromium } from '@playwright/test';
import { onPath } from '../../../tools/nats/server-binary.mjs';
import { expect, PASSWORD, test } from '../pages/people.js';

// What runs in the page.
declare const document: { title: string };
declare const history: { back(): void };
declare function addEventListener(name: 'pageshow', listener: (event: { persisted: boolean }) => void): void;

for (const path of ['/log-in', '/sign-up', '/reset'])
  test(`${path} asks nothing of the server, and its console stays empty`, async ({ visitor }) => {
    const { page } = await visitor();
    const told: string[] = [];
    page.on('console', (message) => told.push(message.text()));
    page.on('request', (request) => {
      if (request.url().includes('/api/')) told.push(request.url());
    });

    await page.goto(path);
    await expect(page.getByRole('heading').first()).toBeVisible();
    await page.waitForLoadState('networkidle');

    expect(told).toEqual([]);
  });

test('who has a session is let in though the browser forgot that there is one', async ({ person }) => {
  const { page, chats } = await person();

  await page.goto('/log-in');
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await chats.open();
  await page.goto('/log-in');

  await expect(page).toHaveURL('/chats');
});

test('after a session ended elsewhere the sign-in page asks once more and never again', async ({
  person,
}) => {
  const alice = await person();
  await alice.chats.open();
  await alice.page.goto('about:blank');
  const elsewhere = await alice.api();
  for (const { id, current } of await elsewhere.sessions()) if (!current) await elsewhere.revokeSession(id);
  let asked = 0;
  alice.page.on('request', (request) => (asked += Number(request.url().endsWith('/auth/me'))));

  for (let visits = 0; visits < 2; visits++) {
    await alice.page.goto('/log-in');
    await expect(alice.signIn.username).toBeVisible();
  }
  expect(asked).toBe(1);
  await alice.signIn.enter('Log in', alice.username, PASSWORD);
  await expect(alice.chats.status).toHaveText('Connected');
});

test('the sign-in page comes back from the back-forward cache', async ({ baseURL }, { project }) => {
  // A Chromium that has no windows keeps no pages.
  const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => onPath(name))
    .find((path) => path !== undefined);
  test.skip(executablePath === undefined && process.env['CI'] === undefined, 'needs Chromium with windows');
  const browser = await chromium.launch({
    ...(executablePath !== undefined && { executablePath }),
    args: project.use.launchOptions?.args ?? [],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${baseURL}/log-in`);
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
    await page.evaluate(() =>
      addEventListener('pageshow', ({ persisted }) => (document.title = `persisted: ${persisted}`)),
    );
    await page.goto(`${baseURL}/api/docs`);

    await page.evaluate(() => history.back());

    await expect(page).toHaveTitle('persisted: true');
  } finally {
    await browser.close();
  }
});
