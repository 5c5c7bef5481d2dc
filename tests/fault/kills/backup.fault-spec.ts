import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SERVICES } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBackup } from '../../../tools/cli/restore/bundle.js';
import { requireWhole } from '../../../tools/cli/restore/erase-again.js';
import { CrashImages, restoreImage } from './power-cut/crash-images.js';
import { mainRows } from './main-rows.js';
import { replaceFolder, run, unpackedInstallation } from './installation.js';
import type { Case } from './lanes.js';
import { everyCall, everyImage, whereTraced } from './matrix.js';
import { openFileOf, type RecordedCall } from './power-cut/recording.js';
import type { Traced } from './traced.js';

const MINUTE = 60_000;

let folder: ReturnType<typeof unpackedInstallation>;

beforeAll(async () => {
  folder = unpackedInstallation();
  await run({
    args: ['tools/secure-chat.mjs', 'restore', join(folder.path, 'backup')],
    env: { DATA_DIR: join(folder.path, 'restored') },
  });
});
afterAll(() => folder.remove());

const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

/** Throws unless every backup is whole, and another one is made. */
async function requireBackups(program: Traced, backups: string): Promise<void> {
  for (const name of names(backups))
    if (name.endsWith('Z') && existsSync(join(backups, name, 'manifest.json')))
      await openBackup(join(backups, name));
  await run(program);
  await openBackup(backups);
  expect(names(backups).filter((name) => !/Z$|^erasures\.ledger$/.test(name))).toEqual([]);
}

/** Throws unless a data folder holds all that the backup does, and no service is kept from starting. */
function requireRows(data: string): void {
  for (const name of SERVICES) {
    requireWhole(join(data, `${name}.db`));
    expect(mainRows(data, name)).toEqual(mainRows(join(folder.path, 'restored'), name));
  }
  expect(readFileSync(join(data, 'master.key'), 'utf8')).toMatch(/^v1:\S+\n$/);
  expect(names(data)).not.toContain('restoring');
}

/** Throws unless a restore is refused because an earlier one did not finish. */
async function requireRefused(program: Traced): Promise<void> {
  const outcome = await run(program).catch(String);
  if (!outcome.includes('restore that did not finish')) throw new Error(`the restore said ${outcome}`);
}

/** Throws unless the data folder is whole, or no service starts on it and another restore is made. */
async function requireRestored(program: Traced, data: string): Promise<void> {
  const found = names(data);
  const isUnfinished = found.includes('restoring');
  if (isUnfinished || !found.includes('auth.db')) {
    if (isUnfinished) await requireRefused(program);
    else if (found.some((name) => name.endsWith('.db'))) throw new Error(`it holds ${found.join(', ')}`);
    // It is emptied by hand, as the line of the restore asks for.
    rmSync(data, { recursive: true, force: true });
    await run(program);
  }
  requireRows(data);
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Returns the digests of the files in a folder, by path. */
const digestsIn = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [relative(path, file), digest(readFileSync(file))]),
  );

function backup(lane: string): Case {
  const [data, backups] = [join(lane, 'data'), join(lane, 'backups')];
  const program: Traced = { args: ['tools/secure-chat.mjs', 'backup', backups], env: { DATA_DIR: data } };
  return {
    program,
    prepare: () => {
      replaceFolder(data, join(folder.path, 'stopped'));
      rmSync(backups, { recursive: true, force: true });
    },
    check: () => requireBackups(program, backups),
  };
}

function restore(lane: string): Case {
  const data = join(lane, 'data');
  const program: Traced = {
    args: ['tools/secure-chat.mjs', 'restore', join(folder.path, 'backup')],
    env: { DATA_DIR: data },
  };
  return {
    program,
    prepare: () => rmSync(data, { recursive: true, force: true }),
    check: () => requireRestored(program, data),
  };
}

whereTraced('backup and restore, interrupted anywhere', { timeout: 60 * MINUTE }, () => {
  it('leaves no backup that is not whole, and a second backup is made', async () => {
    await everyCall('backup', folder.path, backup);
  });

  it('leaves no backup that is not whole after a power cut at any moment', async () => {
    await everyImage('backup', folder.path, backup);
  });

  it('leaves a folder that no service starts on, or a whole one, and a second restore is made', async () => {
    await everyCall('restore', folder.path, restore);
  });

  it('leaves a folder that no service starts on, or a whole one, after a power cut at any moment', async () => {
    await everyImage('restore', folder.path, restore);
  });

  /** Throws unless what is on the disk at the end is what the command has reported. */
  const WHOLE = {
    backup: (lane: string) => openBackup(join(lane, 'backups')),
    restore: async (lane: string) => requireRows(join(lane, 'data')),
  };
  const COMMANDS = { backup, restore };

  it.each(['backup', 'restore'] as const)('has the %s on the disk when it reports it', async (name) => {
    const lane = join(folder.path, `reported-${name}`);
    mkdirSync(lane);
    const { program, prepare } = COMMANDS[name](lane);
    prepare();
    const images = await CrashImages.of(program, lane);
    const isWhole = async (isMade?: (call: RecordedCall) => boolean): Promise<boolean> => {
      for (const image of images.last(isMade)) {
        restoreImage(image, lane);
        const isThere = await WHOLE[name](lane).then(
          () => true,
          () => false,
        );
        if (!isThere) return false;
      }
      return true;
    };
    const isSync = (call: RecordedCall): boolean => /^f(data)?sync$/.test(call.name);
    const isOfFile = (call: RecordedCall): boolean => /\.(db|new|ledger)$/.test(openFileOf(call).path);

    expect(digestsIn(lane), 'every write was followed').toEqual(
      Object.fromEntries([...images.written().files].map(([path, bytes]) => [path, digest(bytes)])),
    );
    expect(await isWhole()).toBe(true);
    expect(await isWhole((call) => !isSync(call) || !isOfFile(call)), 'with no file synced').toBe(false);
    expect(await isWhole((call) => !isSync(call) || isOfFile(call)), 'with no folder synced').toBe(false);
  });
});
