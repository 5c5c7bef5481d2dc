import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Every command of ours with its arguments: what npm run has of tools/, and the containers' own. */
const COMMANDS = [
  ...new Set([
    ...Object.values(scripts).flatMap(
      (script) => /node (tools\/(?:secure-chat\.mjs \S+|\S+\.mjs))/.exec(script)?.[1] ?? [],
    ),
    'tools/secure-chat.mjs',
    ...readdirSync(join(ROOT, 'tools/docker'))
      .filter((name) => name.endsWith('.mjs') && name !== 'alive.mjs')
      .map((name) => `tools/docker/${name}`),
  ]),
];

let folder: ReturnType<typeof temporaryFolder>;

// What is not built yet is built here, once.
beforeAll(() => {
  execFileSync(process.execPath, ['tools/secure-chat.mjs', '--help'], { cwd: ROOT, stdio: 'pipe' });
}, 120_000);
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const run = (
  command: string,
  ...args: string[]
): Promise<{ code: unknown; stdout: string; stderr: string }> => {
  const { PATH = '', HOME = '' } = process.env;
  const settings = {
    DATA_DIR: join(folder.path, 'data'),
    MASTER_KEY_FILE: join(folder.path, 'keys/master.key'),
  };
  return promisify(execFile)(process.execPath, [...command.split(' '), ...args], {
    cwd: ROOT,
    env: { PATH, HOME, ...settings },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: unknown; stdout: string; stderr: string },
  );
};

describe.each(COMMANDS)('%s', { timeout: 120_000 }, (command) => {
  it('prints its usage for --help, refuses arguments that it does not know, and does nothing then', async () => {
    const [help, ...refused] = await Promise.all([
      run(command, '--help'),
      run(command, '--no-such-option'),
      run(command, 'no', 'such', 'argument', 'at-all'),
    ]);

    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(/^(secure-chat |npm |docker |node )/);
    for (const { code, stdout, stderr } of refused) {
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^secure-chat: /);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('secure-chat', { timeout: 60_000 }, () => {
  it('lists in its usage every command that npm runs by it', async () => {
    const commands = COMMANDS.flatMap((command) => / (\S+)$/.exec(command)?.[1] ?? []);

    const { stdout } = await run('tools/secure-chat.mjs', '--help');

    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
  });

  it('reads the settings of the project’s .env, unless the environment has them', async () => {
    const project = join(folder.path, 'project');
    cpSync(join(ROOT, 'dist/cli'), join(project, 'dist/cli'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(project, '.env'), 'DATA_DIR=from-env-file\n');
    const main = join(project, 'dist/cli/tools/cli/main.js');
    const rotated = (env: Record<string, string>): string =>
      spawnSync(process.execPath, [main, 'nats-rotate'], { env, encoding: 'utf8' }).stderr;

    expect(rotated({})).toContain(join(project, 'from-env-file'));
    expect(rotated({ DATA_DIR: 'from-environment' })).toContain(join(project, 'from-environment'));
  });
});

describe.each([
  ['tools/secure-chat.mjs keys-rotate', []],
  ['tools/secure-chat.mjs nats-rotate', []],
  ['tools/secure-chat.mjs backup', ['backups']],
  ['tools/secure-chat.mjs restore', ['backups']],
  ['tools/secure-chat.mjs user', ['reset', 'ann']],
])('%s without an installation', { timeout: 60_000 }, (command, args) => {
  it('says so in one line, and makes no data folder', async () => {
    const { code, stderr } = await run(
      command,
      ...args.map((arg) => (arg === 'backups' ? join(folder.path, arg) : arg)),
    );

    expect(code).toBe(1);
    expect(stderr).toMatch(/^secure-chat: [^\n]+\n$/);
    for (const name of ['data', 'keys']) expect(existsSync(join(folder.path, name)), name).toBe(false);
  });
});
