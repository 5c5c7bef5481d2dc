import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareDataFolder } from './data-folder.js';

describe('prepareDataFolder', () => {
  const umask = process.umask();
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    process.umask(umask);
    folder.remove();
  });

  it('creates the folder and those above it for their owner only, and accepts an existing one', () => {
    const path = join(folder.path, 'one', 'two');

    prepareDataFolder(path);
    prepareDataFolder(path);

    for (const made of [path, join(path, '..')]) expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  it('names DATA_DIR, when there is a file of that name or the folder cannot be created', () => {
    const file = join(folder.path, 'file');
    writeFileSync(file, '', { mode: 0o700 });

    for (const path of [file, join(file, 'below'), '/proc/nowhere/at-all'])
      expect(() => prepareDataFolder(path), path).toThrow(/^DATA_DIR cannot be written /);
  });

  it('names DATA_DIR, when a restore into it did not finish', () => {
    mkdirSync(join(folder.path, 'restoring'));

    expect(() => prepareDataFolder(folder.path)).toThrow(/^DATA_DIR holds a restore that did not finish/);
  });
});
