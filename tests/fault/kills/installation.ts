import { execFile, execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { temporaryFolder } from '@app/testing';
import { installedArchives } from '../../backup/installed-archives.js';
import type { Traced } from './traced.js';

const execute = promisify(execFile);

/** Unpacks an installation that an earlier version has written. */
export function unpackedInstallation(): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder();
  execFileSync('tar', ['-xzf', installedArchives()[0] ?? '', '-C', folder.path]);
  return folder;
}

/** Puts a copy of a folder in the place of another. */
export function replaceFolder(folder: string, by: string): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(by, folder, { recursive: true });
}

/** Runs a command to its end and returns what it printed. */
export async function run({ args, env }: Traced): Promise<string> {
  const { PATH = '', HOME = '' } = process.env;
  const { stdout } = await execute(process.execPath, args, { env: { PATH, HOME, ...env } });
  return stdout;
}
