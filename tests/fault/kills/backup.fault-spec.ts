import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@app/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBackup } from '../../../tools/restore/bundle.mjs';
import { requireWhole } from '../../../tools/restore/erase-again.mjs';
import { everyCall, replaceFolder, run, unpackedInstallation, whereTraced } from './matrix.js';
import type { Traced } from './traced.js';

const MINUTE = 60_000;

let folder: ReturnType<typeof unpackedInstallation>;

beforeAll(() => {
  folder = unpackedInstallation();
});
afterAll(() => folder.remove());

const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

/** Throws unless every backup is whole, and another one is made. */
async function requireBackups(backup: Traced, backups: string): Promise<void> {
  for (const name of names(backups))
    if (name.endsWith('Z') && existsSync(join(backups, name, 'manifest.json')))
      await openBackup(join(backups, name));
  await run(backup);
  await openBackup(backups);
  expect(names(backups).filter((name) => !/Z$|^erasures\.ledger$/.test(name))).toEqual([]);
}

/** Throws unless a restore is refused because an earlier one did not finish. */
async function requireRefused(restore: Traced): Promise<void> {
  const outcome = await run(restore).catch(String);
  if (!outcome.includes('restore that did not finish')) throw new Error(`the restore said ${outcome}`);
}

/** Throws unless the data folder is whole, or no service starts on it and another restore is made. */
async function requireRestored(restore: Traced, data: string): Promise<void> {
  const found = names(data);
  const isUnfinished = found.includes('restoring');
  if (isUnfinished || !found.includes('auth.db')) {
    if (isUnfinished) await requireRefused(restore);
    else if (found.some((name) => name.endsWith('.db'))) throw new Error(`it holds ${found.join(', ')}`);
    // It is emptied by hand, as the line of the restore asks for.
    rmSync(data, { recursive: true, force: true });
    await run(restore);
  }
  for (const name of SERVICES) requireWhole(join(data, `${name}.db`));
  expect(readFileSync(join(data, 'master.key'), 'utf8')).toMatch(/^v1:\S+\n$/);
  expect(names(data)).not.toContain('restoring');
}

whereTraced('backup and restore, interrupted anywhere', { timeout: 60 * MINUTE }, () => {
  it('leaves no backup that is not whole, and a second backup is made', async () => {
    await everyCall('backup', folder.path, (lane) => {
      const [data, backups] = [join(lane, 'data'), join(lane, 'backups')];
      const program: Traced = { args: ['tools/backup.mjs', backups], env: { DATA_DIR: data } };
      return {
        program,
        prepare: () => {
          replaceFolder(data, join(folder.path, 'stopped'));
          rmSync(backups, { recursive: true, force: true });
        },
        check: () => requireBackups(program, backups),
      };
    });
  });

  it('leaves a folder that no service starts on, or a whole one, and a second restore is made', async () => {
    await everyCall('restore', folder.path, (lane) => {
      const data = join(lane, 'data');
      const program: Traced = {
        args: ['tools/restore.mjs', join(folder.path, 'backup')],
        env: { DATA_DIR: data },
      };
      return {
        program,
        prepare: () => rmSync(data, { recursive: true, force: true }),
        check: () => requireRestored(program, data),
      };
    });
  });
});
