import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Every command of ours: what npm run has of tools/, and the containers' own. */
const COMMANDS = [
  ...new Set([
    ...Object.values(scripts).flatMap((script) => /node (tools\/\S+\.mjs)/.exec(script)?.[1] ?? []),
    ...readdirSync(join(ROOT, 'tools/docker'))
      .filter((name) => name.endsWith('.mjs') && !/^(alive|installation)\.mjs$/.test(name))
      .map((name) => `tools/docker/${name}`),
  ]),
];

let folder: ReturnType<typeof temporaryFolder>;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const run = (path: string, ...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> => {
  const { PATH = '', HOME = '' } = process.env;
  const settings = {
    DATA_DIR: join(folder.path, 'data'),
    MASTER_KEY_FILE: join(folder.path, 'keys/master.key'),
  };
  return promisify(execFile)(process.execPath, [path, ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...settings },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: unknown; stdout: string; stderr: string },
  );
};

describe.each(COMMANDS)('%s', { timeout: 120_000 }, (path) => {
  it('prints its usage for --help, refuses arguments that it does not know, and does nothing then', async () => {
    const [help, ...refused] = await Promise.all([
      run(path, '--help'),
      run(path, '--no-such-option'),
      run(path, 'no', 'such', 'argument', 'at-all'),
    ]);

    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/^(npm |docker |node )/);
    for (const { code, stdout, stderr } of refused) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^secure-chat: /);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe.each([
  ['tools/keys-rotate.mjs', []],
  ['tools/nats-rotate.mjs', []],
  ['tools/backup.mjs', ['backups']],
  ['tools/restore.mjs', ['backups']],
  ['tools/user.mjs', ['reset', 'ann']],
])('%s without an installation', { timeout: 60_000 }, (path, args) => {
  it('says so in one line, and makes no data folder', async () => {
    const { code, stderr } = await run(
      path,
      ...args.map((arg) => (arg === 'backups' ? join(folder.path, arg) : arg)),
    );

    expect(code).toBe(1);
    expect(stderr).toMatch(/^secure-chat: [^\n]+\n$/);
    for (const name of ['data', 'keys']) expect(existsSync(join(folder.path, name)), name).toBe(false);
  });
});
