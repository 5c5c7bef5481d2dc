import type { Locator } from '@playwright/test';
import { numbered, write } from '../pages/history.js';
import { inspect } from '../pages/inspection.js';
import { type Person, expect, test } from '../pages/people.js';

// What runs in the page.
declare const navigator: { readonly clipboard: { readText(): Promise<string> } };
declare const innerWidth: number;
declare function getComputedStyle(element: unknown): {
  readonly direction: string;
  readonly backgroundColor: string;
};
declare function requestAnimationFrame(call: (time: number) => void): number;

const CODE = 'const a = "**b**";\n\n\tif (a <= 3) `x`; // \\_no_';
const EVERYTHING = [
  'This is **bold**, *italic*, ~~gone~~ and `code`.',
  '> said before',
  'my answer',
  '- milk\n- eggs',
  '1986. A good year\n1987. A better one',
  `\`\`\`js\n${CODE}\n\`\`\``,
  'see https://a.example/b_c_d',
].join('\n');

/** What would show nothing, or something else, if it were formatted. */
const AS_WRITTEN: readonly string[] = [
  ...['2018.', '-', '+', '*', '>', '>>>>>>', '---', '***', '___', '[a]:[b]', '```', '~~~', '#', '**'],
  ...['![](x)', '<b>', '&nbsp;', '\\', '> > >', '* * *', '- - -', '` `', '<img src=x onerror=alert(1)>'],
  ...['¯\\_(ツ)_/¯', '\\o/', 'C:\\new_folder\\_x_', '\\\\server\\share', 'ANDROID_NDK_ROOT', '2*3*4=24'],
  ...[
    '6. sixth',
    '1986. A good year',
    '- 5 degrees',
    '~5 min ~10 min',
    '5 > 3',
    '>:(',
    '(*´ω`*)',
    '__init__',
  ],
  '[click](javascript:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  'https://google.com@evil.example',
];

/** 4,000 characters of what has frozen other programs. */
const HOSTILE: readonly string[] = [
  ...[
    '`',
    '*',
    '_',
    '[',
    '(',
    '>',
    '- ',
    '**_',
    '![',
    '<a',
    '\\',
    '[](',
    '> \n',
    '*a ',
    '~~a ',
    '`a ',
    '*a* ',
  ],
  ...['1. a\n', '- a\n', '> - ', '"*', 'https://a.example/_ '],
].map((piece) => piece.repeat(Math.ceil(4_000 / piece.length)).slice(0, 3_999) + 'x');

function shownText(message: Locator): Promise<string> {
  return message.locator('.text').innerText();
}

function clipboard({ page }: Person): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

test('marked text, quotes, lists and code are shown, and what was sent is copied as it was sent', async ({
  pair,
}) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, [EVERYTHING]);
  await alice.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await alice.conversation.open(chat.id);
  const message = alice.conversation.message('This is bold');

  await expect(message.locator('strong')).toHaveText('bold');
  await expect(message.locator('em')).toHaveText('italic');
  await expect(message.locator('s')).toHaveText('gone');
  await expect(message.locator('code').first()).toHaveText('code');
  await expect(message.locator('blockquote')).toHaveText('said before');
  await expect(message.getByRole('list')).toHaveCount(2);
  await expect(message.getByRole('listitem')).toHaveText([
    '- milk',
    '- eggs',
    '1986. A good year',
    '1987. A better one',
  ]);
  expect(await message.locator('pre').textContent()).toBe(CODE);
  await expect(message.getByRole('link')).toHaveText('https://a.example/b_c_d');
  await expect(message.getByRole('link')).toHaveAttribute('href', 'https://a.example/b_c_d');

  await message.getByRole('button', { name: 'Copy code' }).click();
  await expect(message.getByText('Copied')).toBeAttached();
  expect(await clipboard(alice)).toBe(CODE);
  await alice.conversation.chooseFromMessage('This is bold', 'Copy');
  await expect.poll(() => clipboard(alice)).toBe(EVERYTHING);
  await inspect(alice.page, 'a formatted message');
});

test('what formatting would hide or change is shown as it was written', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, AS_WRITTEN);
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.messages).toHaveCount(AS_WRITTEN.length);

  const shown = await alice.conversation.messages
    .locator('.text')
    .evaluateAll((texts) => texts.map((text) => (text as unknown as { innerText: string }).innerText.trim()));

  expect(shown).toEqual(AS_WRITTEN);
  await expect(alice.conversation.log.getByRole('link')).toHaveCount(0);
  await expect(alice.conversation.log.locator('img, script, b')).toHaveCount(0);
});

test('texts that freeze other programs are shown whole, and the page goes on', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, HOSTILE);
  await alice.page.addInitScript(() => {
    const scope = globalThis as unknown as {
      longest: number;
      PerformanceObserver: new (told: (list: { getEntries(): { duration: number }[] }) => void) => {
        observe(options: object): void;
      };
    };
    scope.longest = 0;
    new scope.PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) scope.longest = Math.max(scope.longest, duration);
    }).observe({ type: 'longtask', buffered: true });
  });

  await alice.conversation.open(chat.id);
  await alice.conversation.jump.or(alice.conversation.messages.last()).first().waitFor();
  await alice.conversation.log.evaluate((log) => (log.scrollTop = log.scrollHeight));
  await alice.conversation.say('still alive');

  const [nodes, longest] = await alice.page.evaluate(() => {
    const scope = globalThis as unknown as {
      longest: number;
      document: {
        querySelectorAll(all: string): Iterable<{ querySelectorAll(all: string): ArrayLike<object> }>;
      };
    };
    const texts = [...scope.document.querySelectorAll('.text')];
    return [Math.max(...texts.map((text) => text.querySelectorAll('*').length)), scope.longest];
  });
  test.info().annotations.push({ type: 'longest task with hostile texts', description: `${longest} ms` });
  expect(nodes).toBeLessThan(2_500);
});

test('a long message opens and closes in its place, by keyboard too', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const long = `first line\n${numbered('line', 60).join('\n')}`;
  await write(await bob.api(), chat.id, [...numbered('before', 30), long]);
  await (await alice.api()).markRead(chat.id, 31);
  await alice.conversation.open(chat.id);
  const message = alice.conversation.message('first line');
  const more = message.getByRole('button', { name: 'Show more' });
  const less = message.getByRole('button', { name: 'Show less' });
  const top = async (item: Locator): Promise<number> => (await item.boundingBox())?.y ?? Number.NaN;
  const settled = (): Promise<unknown> =>
    alice.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  await expect(more).toBeInViewport();
  await expect(more).toHaveAttribute('aria-expanded', 'false');
  await expect.poll(() => alice.conversation.fromBottom()).toBeLessThanOrEqual(1);
  const begins = await top(message);

  await more.click();
  await expect(less).toHaveAttribute('aria-expanded', 'true');
  await settled();
  expect(Math.abs((await top(message)) - begins)).toBeLessThanOrEqual(1);
  await write(await bob.api(), chat.id, ['came meanwhile']);
  await expect(alice.conversation.message('came meanwhile')).toBeAttached();
  expect(Math.abs((await top(message)) - begins)).toBeLessThanOrEqual(1);

  await less.scrollIntoViewIfNeeded();
  await settled();
  const pressed = await top(less);
  await less.press('Enter');
  await expect(more).toBeFocused();
  await settled();
  expect(Math.abs((await top(more)) - pressed)).toBeLessThanOrEqual(1);
  await more.press(' ');
  await expect(less).toBeFocused();
});

test('a link that is out of sight in a folded message opens it when it gets the focus', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  await write(await bob.api(), chat.id, [`top\n${numbered('line', 60).join('\n')}\nhttps://a.example/end`]);
  await alice.conversation.open(chat.id);
  const message = alice.conversation.message('top');
  await expect(message.getByRole('button', { name: 'Show more' })).toBeVisible();

  await message.getByRole('button', { name: 'Show more' }).focus();
  await alice.page.keyboard.press('Shift+Tab');

  await expect(message.getByRole('link')).toBeFocused();
  await expect(message.getByRole('button', { name: 'Show less' })).toBeVisible();
  await expect(message.getByRole('link')).toBeInViewport();
});

test('code scrolls in itself, from left to right, and the page never sideways', async ({ pair }) => {
  const { alice, bob, chat } = await pair({ browser: { viewport: { width: 360, height: 700 } } });
  const wide = `\`\`\`\n${'wide '.repeat(80)}\n\`\`\``;
  await write(await bob.api(), chat.id, [
    `אני אומר\n${wide}`,
    `> - > ${'x'.repeat(300)}\n${wide}`,
    `\`${'y'.repeat(300)}\``,
  ]);
  await alice.conversation.open(chat.id);
  await expect(alice.conversation.messages).toHaveCount(3);

  const wider = await alice.conversation.log.evaluate(
    (log) =>
      // A text that clips what is too wide for it does not scroll.
      [log, log.ownerDocument.documentElement].filter((box) => box.scrollWidth > box.clientWidth + 1).length +
      [...log.querySelectorAll('.message, .text')].filter(
        (box) => box.getBoundingClientRect().right > innerWidth,
      ).length,
  );
  const code = alice.conversation.messages.locator('pre').first();
  const [direction, scrolls] = await code.evaluate((pre) => [
    getComputedStyle(pre).direction,
    pre.scrollWidth > pre.clientWidth,
  ]);

  expect(wider).toBe(0);
  expect(direction).toBe('ltr');
  expect(scrolls).toBe(true);
});

test('paper has light colours, names and times, whole messages and whole code', async ({ pair }) => {
  const { alice, bob, chat } = await pair();
  const wide = `\`\`\`\n${'wide '.repeat(80)}\n\`\`\``;
  await write(await bob.api(), chat.id, [`first line\n${numbered('line', 60).join('\n')}`, 'second', wide]);
  await alice.conversation.open(chat.id);
  await expect(alice.page.getByRole('button', { name: 'Show more' })).toBeVisible();

  await alice.page.emulateMedia({ media: 'print', colorScheme: 'dark' });

  const sizes = await alice.conversation.messages.evaluateAll((messages) =>
    messages.map((message) => {
      const height = (of: string): number => message.querySelector(of)?.getBoundingClientRect().height ?? 0;
      return { sender: height('.sender'), time: height('time'), state: height('.state') };
    }),
  );
  expect(sizes).toHaveLength(3);
  for (const { sender, time, state } of sizes) {
    expect(sender).toBeGreaterThan(10);
    expect(time).toBeGreaterThan(10);
    expect(state).toBe(0);
  }
  expect((await alice.conversation.message('first line').boundingBox())?.height).toBeGreaterThan(1_000);
  const code = alice.conversation.messages.locator('pre');
  expect(await code.evaluate((pre) => pre.scrollWidth <= pre.clientWidth)).toBe(true);
  await expect(alice.conversation.log.getByRole('button', { includeHidden: false })).toHaveCount(0);
  const paper = await alice.page.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
  expect(paper).toBe('rgb(245, 243, 238)');
  await alice.page.emulateMedia({ media: null, colorScheme: null });
});
