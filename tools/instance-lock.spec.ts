import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeDataFolder } from './instance-lock.mjs';

let folder: ReturnType<typeof temporaryFolder>;
const data = (): string => join(folder.path, 'some', 'data');

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => folder.remove());

test('a data folder is made for its owner alone, and given back', () => {
  const giveBack = takeDataFolder(data());

  expect(statSync(data()).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(data(), 'running.pid'), 'utf8')).toBe(String(process.pid));
  giveBack();
  expect(existsSync(join(data(), 'running.pid'))).toBe(false);
});

test('a folder that another one uses is refused, until that one has ended', async () => {
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()', 'start.mjs'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(other, 'spawn');
  takeDataFolder(data())();
  writeFileSync(join(data(), 'running.pid'), String(other.pid));

  expect(() => takeDataFolder(data())).toThrow(
    `DATA_DIR is in use by another Secure Chat (process ${other.pid})`,
  );

  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(() => takeDataFolder(data())).not.toThrow();
});

test('a number that another program has by now holds nothing', () => {
  takeDataFolder(data())();
  writeFileSync(join(data(), 'running.pid'), String(process.ppid));

  expect(() => takeDataFolder(data(), /no such program/)).not.toThrow();
});

test.each(['file/data', 'file'])('a folder that cannot be made is refused by name: %s', (name) => {
  writeFileSync(join(folder.path, 'file'), '');

  expect(() => takeDataFolder(join(folder.path, name))).toThrow(/^DATA_DIR cannot be written \(E[A-Z]+\): /);
});
