import { createHash } from 'node:crypto';
import { parseChatKey } from '@app/contracts/edge';
import { expect, test } from '../pages/people.js';

/** The text form of keys that the first version made. */
function firstForm(key: string): string {
  const chatKey = parseChatKey(key);
  const checksum = createHash('sha256').update('secure-chat/checksum/v1').update(chatKey).digest();
  return Buffer.concat([chatKey, checksum.subarray(0, 4)]).toString('base64url');
}

test('whatever surrounds a key is left away, in the dialog and in what is sent', async ({ person }) => {
  const [alice, bob] = await Promise.all([person('alice'), person('bob')]);
  const api = await alice.api();
  await bob.chats.open();
  const written: readonly ((key: string) => string)[] = [
    (key) => `https://chat.example/join#${key}.`,
    (key) => `<https://chat.example/join#${key}>`,
    (key) => `"${key}"`,
    (key) => `${key.slice(0, 9)}\u200b${key.slice(9)}\ufeff`,
    (key) => `${key} see you`,
    (key) => `${key}\nsee you\n> ann`,
    (key) => key.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'),
    (key) => `https://safe.example/?u=${encodeURIComponent(`https://chat.example/join#${key}`)}&x=1`,
    firstForm,
    (key) => `(${firstForm(key)})`,
  ];

  for (const write of written) {
    const { chat, key } = await api.createChat();
    await bob.chats.join(write(key));
    await expect(bob.page).toHaveURL(`/chats/${chat.id}`);
  }
});

test('a text with two keys, and one with none, never leave the device', async ({ person }) => {
  const alice = await person();
  const api = await alice.api();
  const [one, other] = [await api.createChat(), await api.createChat()];
  const asked: string[] = [];
  alice.page.on('request', (request) => asked.push(request.url() + (request.postData() ?? '')));
  await alice.chats.open();

  await alice.chats.join(`${one.key} ${other.key}`);
  await expect(alice.chats.alert).toHaveText("There's more than one key in this text. Enter just one.");
  await alice.chats.join(one.key.slice(0, -1));
  await expect(alice.chats.alert).toContainText('Check it for typos');
  await alice.chats.join('my secret, pasted by mistake');
  await expect(alice.chats.alert).toContainText('Check it for typos');

  expect(asked.filter((text) => /\/join|secret/.test(text))).toEqual([]);
});

for (const form of [
  '/join/#KEY',
  '/join%23KEY',
  '/join?utm_source=mail#KEY',
  '/join#KEY.',
  '/join#%3CKEY%3E',
])
  test(`the invite link in the form ${form} leads to the dialog, and the key leaves address and history`, async ({
    person,
  }) => {
    const [alice, bob] = await Promise.all([person('alice'), person('bob')]);
    const { chat, key } = await (await alice.api()).createChat();
    await bob.page.addInitScript(() => {
      const page = globalThis as unknown as { seen: string[]; location: { href: string } };
      page.seen = [];
      // Whatever the page's own scripts ask for after the first one, the key is in no address any more.
      new PerformanceObserver((list) => {
        for (const { name } of list.getEntries()) page.seen.push(`${name} ${page.location.href}`);
      }).observe({ type: 'resource', buffered: true } as unknown as { type: 'mark' });
    });

    await bob.page.goto(form.replace('KEY', key));

    await expect(bob.chats.key).toHaveValue(key);
    await expect(bob.page).toHaveURL('/join');
    expect(await bob.page.title()).toBe('Join a chat · Secure Chat');
    await bob.chats.button('Join').click();
    await expect(bob.page).toHaveURL(`/chats/${chat.id}`);
    await bob.page.goBack();
    await expect(bob.page).not.toHaveURL(new RegExp(key));
  });

test('the key leaves the address even where the client is never loaded', async ({ person, browser }) => {
  const { key } = await (await (await person()).api()).createChat();
  // Not a visitor: the files that are missing here are no fault.
  const page = await browser.newPage();
  await page.route(/\/(main|chunk)-[^/]*\.js$/, (route) => route.abort());

  await page.goto(`/join#${key}`);

  await expect(page).toHaveURL('/join');
  await page.close();
});

test('a new key has no characters that look alike, in groups, and its link ends in a letter or digit', async ({
  person,
}) => {
  const alice = await person();
  await alice.chats.open();

  const key = await alice.chats.make('Readable');

  expect(key).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){11}$/);
});

test('a link shows the host that it opens, and none shows another', async ({ pair }) => {
  const { alice, chat } = await pair();
  await alice.conversation.open(chat.id);
  const { box } = alice.conversation;
  await box.fill('https://аpple.com and https://google.com@evil.example and 看 https://a.example/b。');
  await box.press('Enter');
  const message = alice.conversation.messages.first();

  await expect(message).toContainText('https://аpple.com (opens xn--pple-43d.com)');
  await expect(message.getByRole('link')).toHaveText(['https://аpple.com', 'https://a.example/b']);
});
