import { alterHistory, numbered, write } from '../pages/history.js';
import { expect, test } from '../pages/people.js';

// What runs in the page.
declare function requestAnimationFrame(call: (time: number) => void): number;

const DAY = 86_400_000;

test('a chat opens at the first unread message, below a divider that says New', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const [aliceApi, bobApi] = await Promise.all([alice.api(), bob.api()]);
  await write(bobApi, chat.id, numbered('old', 40));
  await aliceApi.markRead(chat.id, 40);
  await write(bobApi, chat.id, numbered('unread', 40));

  await alice.conversation.open(chat.id);

  await expect(alice.conversation.divider).toBeInViewport();
  await expect(alice.conversation.message('unread 1.')).toBeInViewport();
  await expect(alice.conversation.message('old 40.')).toBeInViewport();
  await expect(alice.conversation.message('unread 40.')).not.toBeInViewport();
  await expect(alice.conversation.jump).toBeVisible();
});

test('at the bottom the timeline follows what comes', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  await write(api, chat.id, numbered('old', 30));
  await (await alice.api()).markRead(chat.id, 30);
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('old 30.')).toBeInViewport();

  await write(api, chat.id, numbered('live', 12));

  await expect(alice.conversation.message('live 12.')).toBeInViewport();
  await expect.poll(() => alice.conversation.fromBottom()).toBeLessThanOrEqual(1);
  await expect(alice.conversation.jump).toHaveCount(0);
});

test('scrolled up it stays to the pixel, and offers the way down with what is unread', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const api = await bob.api();
  await write(api, chat.id, numbered('old', 45));
  await (await alice.api()).markRead(chat.id, 45);
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('old 45.')).toBeInViewport();
  await alice.conversation.scroll(-700);
  await expect.poll(() => alice.conversation.fromBottom()).toBeGreaterThan(500);
  const before = await alice.conversation.scrollTop();

  await write(api, chat.id, numbered('live', 3));

  const jump = alice.page.getByRole('button', { name: 'Jump to latest (3)' });
  await expect(jump).toBeVisible();
  expect(Math.abs((await alice.conversation.scrollTop()) - before)).toBeLessThanOrEqual(1);
  await jump.click();
  await expect(alice.conversation.message('live 3.')).toBeInViewport();
  await expect(alice.conversation.jump).toHaveCount(0);
});

test('older pages load without a jump', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(await alice.api(), chat.id, numbered('note', 180));
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('note 180.')).toBeInViewport();
  await expect(alice.conversation.message('note 131.')).toHaveCount(1);

  // Watches one message while pages are put in above it: it may move by what is scrolled, and by nothing else.
  const drift = await alice.conversation.log.evaluate(async (log) => {
    const watched = [...log.querySelectorAll('.message')].find((one) =>
      one.textContent?.includes('note 140.'),
    );
    if (!watched) throw new Error('the message is not there');
    const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
    let worst = 0;
    log.scrollTop = 300;
    const count = log.querySelectorAll('.message').length;
    let top = watched.getBoundingClientRect().top;
    for (let frames = 0; frames < 600 && log.querySelectorAll('.message').length <= count; frames++) {
      await frame();
      const now = watched.getBoundingClientRect().top;
      worst = Math.max(worst, Math.abs(now - top));
      top = now;
    }
    return worst;
  });

  await expect(alice.conversation.message('note 100.')).toHaveCount(1);
  expect(drift).toBeLessThanOrEqual(1);
});

test('days are separated, and called Today, Yesterday, and by their name', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(await alice.api(), chat.id, ['a word']);
  let daysAgo = 0;
  await alterHistory(alice.page, () => ({ sentAt: new Date(Date.now() - daysAgo * DAY).toISOString() }));

  await alice.conversation.open(chat.id);
  await expect(alice.conversation.log.getByText('Today')).toBeVisible();
  daysAgo = 1;
  await alice.page.reload();
  await expect(alice.conversation.log.getByText('Yesterday')).toBeVisible();
  daysAgo = 3;
  await alice.page.reload();
  await expect(alice.conversation.log.getByText(/^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day$/)).toBeVisible();
});

test('a day begins at midnight where one is', async ({ pair }) => {
  const { alice, chat } = await pair({ browser: { timezoneId: 'Asia/Tokyo' } });
  await write(await alice.api(), chat.id, ['before midnight', 'after midnight']);
  // Tokyo is nine hours ahead, all year: there the two are of two days, by universal time of one.
  const ahead = 9 * 3_600_000;
  const midnight = Math.floor((Date.now() + ahead) / DAY) * DAY - ahead;
  await alterHistory(alice.page, ({ seq }) => ({
    sentAt: new Date(midnight + (seq === 1 ? -30_000 : 30_000)).toISOString(),
  }));

  await alice.conversation.open(chat.id);

  const words = alice.conversation.log.getByText(/^(Yesterday|Today|before midnight|after midnight)$/);
  await expect(words).toHaveText(['Yesterday', 'before midnight', 'Today', 'after midnight']);
});

test('what one person writes within five minutes stands together', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await alice.api(), chat.id, ['one', 'two', 'three']);
  await write(await bob.api(), chat.id, ['four']);
  const times = ['12:00:00', '12:05:00', '12:10:01', '12:10:02'];
  await alterHistory(alice.page, ({ seq }) => ({ sentAt: `2030-01-15T${times[seq - 1]}.000Z` }));
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.message('four')).toBeVisible();

  const boxes = await Promise.all(
    ['one', 'two', 'three', 'four'].map((text) => alice.conversation.message(text).boundingBox()),
  );
  const gap = (upper: number): number => {
    const [above, below] = [boxes[upper], boxes[upper + 1]];
    return below && above ? below.y - above.y - above.height : Number.NaN;
  };

  expect(gap(0), 'after five minutes').toBeLessThan(6);
  expect(gap(1), 'after more than five minutes').toBeGreaterThan(8);
  expect(gap(2), 'by another person').toBeGreaterThan(8);
});

test('the exact time shows on hover and on focus', async ({ pair }) => {
  const { alice, chat } = await pair();
  await write(await alice.api(), chat.id, ['when was this?']);
  await alice.conversation.open(chat.id);
  const message = alice.conversation.message('when was this?');
  const exact = /^\w+day,? \d+ \w+ \d{4} at \d\d:\d\d:\d\d$/;

  await expect(message.locator('time')).toHaveAttribute('title', exact);
  await expect(message.locator('time')).toHaveAttribute(
    'datetime',
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  );
  await alice.conversation.log.focus();
  await alice.page.keyboard.press('ArrowUp');

  await expect(message).toBeFocused();
  await expect(message.locator('.exact')).toBeVisible();
  await expect(message).toHaveAccessibleDescription(exact);
});

test('it shows that the other is typing, and that ends by itself', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);

  await bob.conversation.box.pressSequentially('hm');

  const writing = alice.page.getByRole('main').getByText('is typing');
  await expect(writing).toBeVisible();
  await expect(writing).toHaveCount(0);
});

test('a deleted, a damaged and a missing message say in place what they are', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, ['to be deleted', 'to be damaged', 'to be lost', 'fine']);
  // What a changed byte on the server's disk looks like to the client.
  const unknown = { id: null, senderId: null, clientMessageId: null, sentAt: null };
  await alterHistory(alice.page, ({ seq }) => {
    if (seq === 2) return { text: null, damaged: true };
    return seq === 3 ? { ...unknown, text: null, damaged: true } : {};
  });
  await alice.conversation.open(chat.id);
  await bob.conversation.open(chat.id);

  await bob.conversation.chooseFromMessage('to be deleted', 'Delete for both');
  await bob.conversation.dialog.getByRole('button', { name: 'Delete for both' }).click();

  await expect(alice.conversation.messages.nth(0)).toContainText('This message was deleted.');
  await expect(alice.conversation.messages.nth(1)).toContainText("This message can't be read");
  await expect(alice.conversation.messages.nth(2)).toContainText('A message is missing here');
  await expect(alice.conversation.messages.nth(3)).toContainText('fine');
});
