import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMasterKeyLine } from '@app/crypto';
import { SettingError } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMasterKeyFile, readMasterKeys } from './master-key-file.js';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;

beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, 'master.key');
});
afterEach(() => folder.remove());

/** What a call throws. */
function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('createMasterKeyFile', () => {
  it('creates version 1, readable by its owner only, and leaves no draft', () => {
    createMasterKeyFile(file);

    expect(readMasterKeys(file)?.versions.map(({ version }) => version)).toEqual([1]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder.path)).toEqual(['master.key']);
  });

  it('discards what an earlier start has left, by which nothing is wrapped', () => {
    writeFileSync(`${file}.17.new`, createMasterKeyLine(1));
    createMasterKeyFile(file);

    expect(readdirSync(folder.path)).toEqual(['master.key']);
  });

  it('replaces nothing, when a file is there', () => {
    writeFileSync(file, 'theirs');

    createMasterKeyFile(file);

    expect(readFileSync(file, 'utf8')).toBe('theirs');
  });

  it('names the setting, when the folder is not there', () => {
    const error = thrown(() => createMasterKeyFile(join(folder.path, 'none', 'master.key')));

    expect(error).toBeInstanceOf(SettingError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^MASTER_KEY_FILE .*ENOENT/) as string });
  });
});

describe('readMasterKeys', () => {
  it('returns nothing, when there is no file', () => {
    expect(readMasterKeys(file)).toBeUndefined();
  });

  it('names the setting and repeats nothing of the file, when a line is no key', () => {
    const [, key = ''] = createMasterKeyLine(1).split(':');
    writeFileSync(file, `v0:${key}\n`, { mode: 0o600 });

    const error = thrown(() => readMasterKeys(file));

    expect(error).toBeInstanceOf(SettingError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^MASTER_KEY_FILE [^\n]*$/) as string });
    expect(String(error)).not.toContain(key.slice(0, 8));
  });

  it('names the setting and what to do, when other users can read the file', () => {
    writeFileSync(file, `${createMasterKeyLine(1)}\n`, { mode: 0o644 });

    expect(() => readMasterKeys(file)).toThrow(
      `MASTER_KEY_FILE can be read by other users (mode 0644): chmod 600 ${file}`,
    );
  });

  it('names the setting, when the file is a folder', () => {
    mkdirSync(file);

    expect(() => readMasterKeys(file)).toThrow(/^MASTER_KEY_FILE .*EISDIR/);
  });
});
