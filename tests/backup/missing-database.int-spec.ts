import { execFile, execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { freePort, temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingDatabaseProblem } from '../../tools/databases.mjs';
import { installedArchives } from './installed-archives.js';

const ROOT = resolve(import.meta.dirname, '../..');
const STORES = ['auth', 'chat', 'gateway'] as const;

let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;

beforeEach(() => {
  folder = temporaryFolder();
  execFileSync('tar', ['-xzf', installedArchives()[0] ?? '', '-C', folder.path]);
  dataDir = join(folder.path, 'killed');
});
afterEach(() => folder.remove());

const problem = (): string | undefined =>
  missingDatabaseProblem({ auth: dataDir, chat: dataDir, gateway: dataDir });

describe('an installation in use', () => {
  it('is accepted with all of its databases', () => {
    expect(problem()).toBeUndefined();
  });

  it.each(STORES)('is refused without %s.db, with one line that names it', (store) => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `${store}.db${suffix}`), { force: true });

    expect(problem()).toMatch(/^DATA_DIR holds (auth|chat|gateway)\.db, but /);
    expect(problem()).toContain(
      `${join(dataDir, `${store}.db`)} is missing: put it back, or restore a backup`,
    );
    expect(problem()).not.toContain('\n');
  });

  it('is refused with only one database', () => {
    for (const store of ['auth', 'gateway'] as const) rmSync(join(dataDir, `${store}.db`));

    expect(problem()).toContain(`${join(dataDir, 'auth.db')} and ${join(dataDir, 'gateway.db')} is missing`);
  });

  it('is looked for in the volume of each service', () => {
    const volumes = { auth: join(folder.path, 'a'), chat: dataDir, gateway: dataDir };

    expect(missingDatabaseProblem(volumes)).toContain(join(folder.path, 'a', 'auth.db'));
  });

  it('ends npm start with that line, and is not changed', { timeout: 120_000 }, async () => {
    const away = join(folder.path, 'chat.db');
    renameSync(join(dataDir, 'chat.db'), away);
    const { PATH = '', HOME = '' } = process.env;

    const ended = promisify(execFile)(process.execPath, ['tools/start.mjs'], {
      cwd: ROOT,
      env: { PATH, HOME, DATA_DIR: dataDir, PORT: String(await freePort()) },
    });

    await expect(ended).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`${join(dataDir, 'chat.db')} is missing`) as string,
    });
    renameSync(away, join(dataDir, 'chat.db'));
    expect(problem()).toBeUndefined();
  });
});

describe('a first start', () => {
  it('is accepted without any database, and after an interruption before all were created', () => {
    for (const store of STORES) rmSync(join(dataDir, `${store}.db`));
    expect(problem()).toBeUndefined();

    writeFileSync(join(dataDir, 'auth.db'), '');
    expect(problem()).toBeUndefined();
  });
});
