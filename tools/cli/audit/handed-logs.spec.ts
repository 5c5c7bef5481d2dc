import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readHanded } from './handed-logs.js';
import { formsOfText, Scanner } from './scanner.js';

const SECRET = 'nobody else wrote it';
const scanner = new Scanner(formsOfText('message text', SECRET));
const LAST = '{"service":"auth","event":"account-deleted"}\n';
const isLast = (line: string): boolean => line.includes('account-deleted');

/** Reads what is written into a pipe piece by piece; the pipe stays open unless it is ended. */
function reading(pieces: readonly string[], { end = false, limitMs = 60_000 } = {}) {
  // Of objects: one of bytes would put together what waits.
  const pipe = new PassThrough({ objectMode: true, highWaterMark: pieces.length + 1 });
  for (const piece of pieces) pipe.write(Buffer.from(piece));
  if (end) pipe.end();
  return readHanded(pipe, scanner, isLast, limitMs);
}

test('a secret is found, also where the pipe divides it', async () => {
  const line = `{"service":"gateway","text":"${SECRET}"}\n`;
  const middle = line.indexOf(SECRET) + SECRET.length / 2;

  const handed = await reading([line.slice(0, middle), line.slice(middle), LAST, LAST]);

  expect(handed).toMatchObject({ complete: true, labels: ['message text'] });
});

test('a log that is written again and again is read until what followed its last line has come too', async () => {
  const lateLine = `{"service":"gateway","text":"${SECRET}"}\n`;

  const handed = await reading([LAST, lateLine, LAST.slice(0, 30), LAST.slice(30)]);

  expect(handed).toMatchObject({ complete: true, labels: ['message text'] });
});

test('a pipe that ends is complete, if the last line is in it', async () => {
  expect(await reading(['{"service":"chat"}\n', LAST], { end: true })).toMatchObject({
    complete: true,
    labels: [],
  });
  expect(await reading(['{"service":"chat"}\n'], { end: true })).toMatchObject({ complete: false });
});

test('a pipe that brings no last line, or only one and then nothing more, is incomplete when the time is over', async () => {
  expect(await reading([`${SECRET}\n`], { limitMs: 100 })).toMatchObject({
    complete: false,
    labels: ['message text'],
  });
  expect(await reading([LAST], { limitMs: 100 })).toMatchObject({ complete: false });
});

test('it is told whose lines were read, with the prefix of compose or without', async () => {
  const nats = 'nats-1  | [1] 2026/11/24 22:44:39.347867 [INF] Reloaded server configuration\n';

  const handed = await reading([nats, '{"service":"chat","msg":"started"}\n', LAST], { end: true });

  expect(handed.speakers.toSorted()).toEqual(['auth', 'chat', 'nats']);
});
