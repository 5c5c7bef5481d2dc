import { chownSync, mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Unfit, WrongUsage } from '../../project.mjs';
import type { Arguments } from '../command.js';
import { setting } from '../settings.js';

/** The user of the volumes, as the services run. */
const OWNER = 1000;

/** Where a container has the host's folder of backups; nothing without a container. */
const inContainer = (): string => setting('BACKUPS');

/**
 * Returns the folder that a command is given: relative to where npm was called, in a container below the folder of
 * backups, which it is unless another is named.
 * @throws {WrongUsage} when there is none
 */
export function folderArgument({ positionals: [folder] }: Arguments, usage: string): string {
  if (folder === undefined && inContainer() === '') throw new WrongUsage(`a folder is missing\n${usage}`);
  return folder === undefined ? inContainer() : pathFrom(folder, usage);
}

/**
 * Returns the path that an option is given.
 * @throws {WrongUsage} when it is empty
 */
export function pathOption(given: Arguments, option: string, usage: string): string | undefined {
  const path = given.text(option);
  return path === undefined ? undefined : pathFrom(path, usage);
}

function pathFrom(path: string, usage: string): string {
  if (path === '') throw new WrongUsage(`a path is empty\n${usage}`);
  return resolve(inContainer() || setting('INIT_CWD', process.cwd()), path);
}

/**
 * Goes on as the user of the volumes in a container: what it writes must be theirs. A folder of backups that the engine
 * has made is given to that user.
 * @throws {Unfit} when the folder is another user's
 */
export function becomeOwner(): void {
  const backups = inContainer();
  if (backups === '') return;
  mkdirSync(backups, { recursive: true });
  const { uid } = statSync(backups);
  if (uid === 0) chownSync(backups, OWNER, OWNER);
  else if (uid !== OWNER)
    throw new Unfit(
      `the folder of backups belongs to user ${uid}: give it to user ${OWNER}, or name a new one`,
    );
  process.setgroups?.([OWNER]);
  process.setgid?.(OWNER);
  process.setuid?.(OWNER);
}

/** Ends the process on a signal by way of its exit handlers, which remove what is unfinished. */
export function exitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
}
