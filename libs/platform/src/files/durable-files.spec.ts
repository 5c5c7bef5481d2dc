import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discardDrafts, draftsOf, makeFolder, writeDurably } from './durable-files.mjs';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, 'file');
});
afterEach(() => folder.remove());

describe('writeDurably', () => {
  it('writes a file for its owner alone and leaves nothing beside it, also when it replaces one', () => {
    writeDurably(file, 'first');
    writeDurably(file, 'second');

    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder.path)).toEqual(['file']);
  });

  it('leaves the old file and nothing beside it, when it cannot be replaced', () => {
    mkdirSync(file);

    expect(() => writeDurably(file, 'text')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder.path)).toEqual(['file']);
  });

  it('replaces no file, when it must not', () => {
    writeDurably(file, 'first', { replace: false });

    expect(() => writeDurably(file, 'second', { replace: false })).toThrow(/EEXIST/);
    expect(readFileSync(file, 'utf8')).toBe('first');
    expect(readdirSync(folder.path)).toEqual(['file']);
  });
});

it('finds the drafts that killed processes have left, and no other file', () => {
  const drafts = ['file.new', 'file.4711.new', 'file.00c0ffee.new', 'file.unfinished'];
  for (const name of [...drafts, 'file', 'file.old', 'file.news', 'other.new', 'file.b.pem.new'])
    writeFileSync(join(folder.path, name), '');

  expect(new Set(draftsOf(file))).toEqual(new Set(drafts.map((name) => join(folder.path, name))));
  discardDrafts(file);
  expect(readdirSync(folder.path).toSorted()).toEqual([
    'file',
    'file.b.pem.new',
    'file.news',
    'file.old',
    'other.new',
  ]);
});

it('creates folders for their owner alone', () => {
  makeFolder(join(folder.path, 'a', 'b'));

  for (const path of ['a', 'a/b']) expect(statSync(join(folder.path, path)).mode & 0o777).toBe(0o700);
});
