import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileProblem, openFolderProblem } from './private-files.mjs';

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('a data folder', () => {
  it.each([0o777, 0o755, 0o750, 0o701])('with data in it is refused with mode %o', (mode) => {
    writeFileSync(join(folder.path, 'chat.db'), '');
    chmodSync(folder.path, mode);

    expect(openFolderProblem(folder.path)).toBe(
      `DATA_DIR is open to other users (mode 0${mode.toString(8)}): chmod 700 ${folder.path}`,
    );
    expect(statSync(folder.path).mode & 0o777).toBe(mode);
  });

  it('is closed to other users, when it is used for the first time', () => {
    chmodSync(folder.path, 0o777);

    expect(openFolderProblem(folder.path)).toBeUndefined();
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  });

  it('is accepted with mode 0700', () => {
    writeFileSync(join(folder.path, 'chat.db'), '');

    expect(openFolderProblem(folder.path)).toBeUndefined();
  });

  // Only root can give a folder away.
  it.runIf(process.getuid?.() === 0)(
    'of another user, such as a volume, may be read as that user lets it',
    () => {
      writeFileSync(join(folder.path, 'chat.db'), '');
      chownSync(folder.path, 1000, 1000);
      chmodSync(folder.path, 0o2770);
      expect(openFolderProblem(folder.path)).toBeUndefined();

      chmodSync(folder.path, 0o777);
      expect(openFolderProblem(folder.path)).toMatch(/^DATA_DIR is open to other users \(mode 0777\)/);
    },
  );
});

describe('a file with a key', () => {
  it.each([0o644, 0o640, 0o604, 0o622])('is refused with mode %o', (mode) => {
    const file = join(folder.path, 'key');
    writeFileSync(file, '');
    chmodSync(file, mode);

    expect(openFileProblem(file, 'A_FILE')).toBe(
      `A_FILE can be read by other users (mode 0${mode.toString(8)}): chmod 600 ${file}`,
    );
  });

  it.each([0o600, 0o400])('is taken with mode %o', (mode) => {
    const file = join(folder.path, 'key');
    writeFileSync(file, '');
    chmodSync(file, mode);

    expect(openFileProblem(file, 'A_FILE')).toBeUndefined();
  });

  it('that is not there is no problem here', () => {
    expect(openFileProblem(join(folder.path, 'none'), 'A_FILE')).toBeUndefined();
  });
});
