import { writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, type } from 'node:os';
import { join } from 'node:path';
import type { ClientFigures } from '../../load/results.js';
import { writeMany } from '../pages/history.js';
import { expect, test } from '../pages/people.js';
import { chatPainted, listPainted, scrollThrough } from '../pages/timing.js';

const IS_LONG = process.env['TEST_LONG'] === '1';
/** The longest chat that the tests open and scroll through: the long form takes minutes to write it. */
const MESSAGES = Number(process.env['E2E_MESSAGES'] ?? (IS_LONG ? 1_000_000 : 3_000));
/** So many of them are scrolled through, up and down again: more than the page holds at once. */
const SCROLLED = Math.min(MESSAGES - 1_000, 100_000);
const TIMES = 5;

/** What `npm run bench:report` puts into docs/performance.md. */
const FIGURES = join(import.meta.dirname, '../../load/client-figures.json');

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

test('a long chat keeps at most 600 messages in the page, and fetches what was dropped again', async ({
  pair,
}, info) => {
  test.setTimeout(300_000 + MESSAGES * 10);
  const { alice, chat } = await pair({ name: 'Long' });
  const { chats, conversation } = alice;
  await writeMany(await alice.edge(), chat.id, MESSAGES);
  await (await alice.api()).createChat('Elsewhere');
  await chats.open();
  const times = { list: [] as number[], chat: [] as number[] };
  for (let time = 0; time < (IS_LONG ? TIMES : 1); time++) {
    times.list.push(await listPainted(alice.page, 'Long'));
    await chats.chat('Elsewhere').click();
    await expect(conversation.box).toBeEnabled();
    await expect(conversation.messages).toHaveCount(0);
    times.chat.push(await chatPainted(chats.chat('Long')));
  }

  const up = await scrollThrough(conversation.log, -600, MESSAGES - SCROLLED);
  const down = await scrollThrough(conversation.log, 600);

  expect([up.most, down.most]).toEqual([600, 600]);
  await expect(conversation.jump).toHaveCount(0);
  await conversation.say('the last word');
  await expect(conversation.messages.last()).toContainText('the last word');
  expect(await conversation.messages.count()).toBeLessThanOrEqual(600);
  const frames = [...up.frames, ...down.frames].sort((a, b) => a - b);
  const figures: ClientFigures = {
    at: new Date().toISOString(),
    machine: `${cpus().length} cores of ${cpus()[0]?.model ?? arch()}, ${type()} ${release()}`,
    load: loadavg()[0] ?? 0,
    browser: `Chromium ${alice.page.context().browser()?.version() ?? ''}`,
    messages: MESSAGES,
    scrolled: SCROLLED,
    listMs: middle(times.list),
    chatMs: middle(times.chat),
    frames: frames.length,
    frameMs: {
      p50: Math.round(middle(frames)),
      p99: Math.round(frames[Math.floor(frames.length * 0.99)] ?? Number.NaN),
      longest: Math.round(frames.at(-1) ?? Number.NaN),
    },
  };
  info.annotations.push({ type: 'a long chat', description: JSON.stringify({ ...figures, times }) });
  if (IS_LONG) writeFileSync(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
});
