import { write } from '../pages/history.js';
import { inspect } from '../pages/inspection.js';
import { expect, test } from '../pages/people.js';

// What runs in the page.
declare const navigator: { readonly clipboard: { readText(): Promise<string> } };
declare const innerWidth: number;
declare function getComputedStyle(element: unknown): { readonly overflow: string };

test('an own message tells in words whether it is stored, delivered and read', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);

  await alice.conversation.say('on its way');
  const message = alice.conversation.message('on its way');
  await expect(message).toContainText('Stored');
  await bob.chats.open();
  await expect(message).toContainText('Delivered');
  await bob.conversation.open(chat.id);
  await expect(message).toContainText('Read');
});

test('a message without a connection says Sending, under a banner, and goes out in order later', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);

  await alice.page.context().setOffline(true);
  await expect(alice.chats.status).toHaveText('Offline');
  await expect(alice.page.getByText('Your messages will be sent')).toBeVisible();
  for (const text of ['first', 'second', 'third']) await alice.conversation.say(text);
  await expect(alice.conversation.message('third')).toContainText('Sending');
  await alice.page.reload().catch(() => undefined); // without a network there is nothing to load
  await alice.page.context().setOffline(false);
  await alice.conversation.open(chat.id);

  await expect(bob.conversation.messages).toContainText(['first', 'second', 'third']);
  await expect(alice.conversation.messages).toContainText(['first', 'second', 'third']);
  await expect(alice.page.getByText('Your messages will be sent')).toHaveCount(0);
});

test('a refused message says Failed; Retry sends it, Edit puts it back into the box, Discard takes it away', async ({
  pair,
}) => {
  const { alice, chat } = await pair();
  let refuse = false;
  await alice.page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      // An acknowledgement of a send becomes a refusal.
      const refused = refuse && /^43\d+\[\{"ok":true,"message"/.test(String(frame));
      const error = '[{"ok":false,"error":{"code":"INTERNAL","message":"refused by the test"}}]';
      socket.send(refused ? String(frame).replace(/\[.*$/s, error) : frame);
    });
  });
  // The message is stored all the same: the page must not learn it from elsewhere. Nor may it fall back to polling,
  // whose acknowledgements nobody changes.
  await alice.page.route('**/messages*', (route) => (refuse ? route.abort() : route.continue()));
  await alice.page.route('**/socket.io/**', (route) => route.abort());
  await alice.conversation.open(chat.id);
  // Until the first page of the history has come, the page shows nothing of what is written.
  await expect(alice.page.getByRole('heading', { name: "It's just the two of you" })).toBeVisible();
  refuse = true;

  await alice.conversation.say('refused');
  await alice.conversation.say('unwanted');
  await alice.conversation.say('to be changed');
  await expect(alice.conversation.message('refused')).toContainText('Failed');
  await expect(alice.conversation.message('unwanted')).toContainText('Failed');
  await inspect(alice.page, 'failed messages');
  const lines = alice.conversation.log.locator('app-message-row');
  await alice.conversation.box.fill('half a thought');
  await lines.filter({ hasText: 'to be changed' }).getByRole('button', { name: 'Edit' }).click();
  await expect(alice.conversation.box).toHaveValue('to be changed\nhalf a thought');
  await expect(alice.conversation.box).toBeFocused();
  await expect(alice.conversation.message('to be changed')).toHaveCount(0);
  await alice.conversation.box.fill('');
  await lines.filter({ hasText: 'unwanted' }).getByRole('button', { name: 'Discard' }).click();
  refuse = false;
  await lines.filter({ hasText: 'refused' }).getByRole('button', { name: 'Retry' }).click();

  await expect(alice.conversation.message('refused')).toContainText('Stored');
  await expect(alice.page.getByRole('button', { name: 'Retry' })).toHaveCount(0);
});

test('a message is copied from its menu', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await write(await bob.api(), chat.id, ['line one\nline two']);
  await alice.conversation.open(chat.id);

  await alice.conversation.chooseFromMessage('line one', 'Copy');

  await expect(alice.page.getByText('Copied')).toBeVisible();
  expect(await alice.page.evaluate(() => navigator.clipboard.readText())).toBe('line one\nline two');
});

test('deleting a message for both names the consequence and leaves a note for both', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);
  await alice.conversation.say('regretted');
  await expect(bob.conversation.message('regretted')).toBeVisible();

  await alice.conversation.chooseFromMessage('regretted', 'Delete for both');
  await expect(alice.conversation.dialog).toContainText('permanently erased for both of you');
  await expect(alice.conversation.dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await alice.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();

  for (const { conversation } of [alice, bob]) {
    await expect(conversation.messages).toContainText('This message was deleted.');
    await expect(conversation.message('regretted')).toHaveCount(0);
  }
});

test('links are http, https and mailto only, tell nobody where they come from, and nothing is fetched', async ({
  pair,
  baseURL,
}) => {
  const { alice, bob, chat } = await pair();
  const foreign: string[] = [];
  alice.page.on('request', (request) => {
    if (!request.url().startsWith(baseURL ?? '')) foreign.push(request.url());
  });
  await write(await bob.api(), chat.id, [
    'See https://example.org/a_(b)?q=1#top. Or http://example.org! Or mailto:me@example.org, not ' +
      'javascript:alert(1) nor data:text/html,x nor ftp://example.org nor <img src=https://example.org/x.png>',
  ]);
  await alice.conversation.open(chat.id);
  const links = alice.conversation.log.getByRole('link');

  await expect(links).toHaveText([
    'https://example.org/a_(b)?q=1#top',
    'http://example.org',
    'mailto:me@example.org',
    'https://example.org/x.png',
  ]);
  for (const link of await links.all())
    await expect(link).toHaveAttribute('rel', 'noopener noreferrer nofollow');
  await expect(alice.conversation.log.locator('img')).toHaveCount(0);
  expect(foreign).toEqual([]);
});

test('emoji, right-to-left text, combining marks and endless words stay inside the bubble', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair({ browser: { viewport: { width: 360, height: 740 } } });
  await write(await bob.api(), chat.id, [
    '👩‍👩‍👧‍👦🏳️‍🌈'.repeat(40),
    'مرحبا كيف حالك اليوم؟ '.repeat(12),
    `Z${'\u0301\u0316\u0489'.repeat(60)}algo`,
    'x'.repeat(4_000),
  ]);
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.messages).toHaveCount(4);

  const outside = await alice.conversation.messages.evaluateAll(
    (messages) =>
      messages.filter((message) => {
        const text = message.querySelector('.text');
        const [outer, inner] = [message.getBoundingClientRect(), text?.getBoundingClientRect()];
        const log = message.closest('[role=log]');
        const fits =
          inner && inner.left >= outer.left && inner.right <= outer.right && outer.right <= innerWidth;
        return (
          !fits || !log || log.scrollWidth > log.clientWidth || getComputedStyle(text).overflow !== 'clip'
        );
      }).length,
  );

  expect(outside).toBe(0);
});
