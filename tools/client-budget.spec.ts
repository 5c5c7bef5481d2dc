import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { expect, onTestFinished, test } from 'vitest';
import { budgetProblem, initialBytes } from './client-budget.mjs';

/** A built client of these files. */
function built(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  return folder.path;
}

const PAGE = '<link rel="modulepreload" href="named.js"><script src="main.js" type="module"></script>';
/** Text that cannot be compressed by much. */
const bulk = (kilobytes: number): string => `/*${randomBytes(kilobytes * 750).toString('base64')}*/`;

test('a client within its budget is taken', () => {
  const folder = built({
    'index.html': PAGE,
    'main.js': 'import"./named.js"',
    'named.js': 'let a="http://www.w3.org/2000/svg"',
  });

  expect(budgetProblem(folder)).toBeUndefined();
});

test('what the first page imports counts, what is loaded later does not', () => {
  const folder = built({
    'index.html': PAGE,
    'main.js': 'import{a}from"./deep.js";import("./later.js")',
    'named.js': '',
    'deep.js': bulk(100),
    'later.js': bulk(200),
  });

  expect(initialBytes(folder)).toBeGreaterThan(70_000);
  expect(budgetProblem(folder)).toBeUndefined();
});

test('too much JavaScript is refused with its size', () => {
  const folder = built({
    'index.html': PAGE,
    'main.js': 'import"./deep.js"',
    'named.js': '',
    'deep.js': bulk(200),
  });

  expect(budgetProblem(folder)).toMatch(
    /^the first page needs \d+\.\d kB of compressed JavaScript, more than 130 kB$/,
  );
});

test.each([
  ['main.js', 'fetch("https://cdn.example.org/font")', 'cdn.example.org'],
  ['main.js', 'new WebSocket("wss://elsewhere.example")', 'elsewhere.example'],
  ['styles.css', '@import url(http://fonts.example/x.css)', 'fonts.example'],
])('another host in %s is refused: %s', (file, text, host) => {
  const folder = built({ 'index.html': PAGE, 'main.js': 'let a', 'named.js': 'let b', [file]: text });

  expect(budgetProblem(folder)).toBe(`${file} names another host, ${host}`);
});

test('a page without JavaScript is refused', () => {
  expect(budgetProblem(built({ 'index.html': '<p>empty</p>' }))).toBe('the page names no JavaScript');
});
