import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, sync } from '../../../libs/platform/src/files/durable-files.mjs';
import { Unfit } from '../../project.mjs';
import { asDiskProblem } from '../archive/checked-files.js';
import { PARTS } from '../archive/layout.js';
import { Ledger } from '../archive/ledger.js';
import { LEDGER, type Installation } from '../installation.js';
import { say } from '../progress.js';
import { openBackup } from './bundle.js';
import { eraseAgain, requireWhole, type ErasedAgain } from './erase-again.js';
import { copyDatabases, keepLedger, putKey, RESTORING } from './put-back.js';

/** What may be in a data folder that counts as empty: a lock of one's own, and what a disk brings. */
const NOTHING = new Set(['running.pid', 'lost+found']);

/** Where a restore takes a backup from. */
export interface RestoreSource {
  /** A backup, or a folder of backups: then its newest. */
  readonly dir: string;
  /** Where its keys are, if they are not beside the others. */
  readonly keys?: string | undefined;
  /** One more erasure ledger. */
  readonly ledger?: string | undefined;
}

/**
 * Puts a backup into an empty installation, without what was erased since it was made.
 * @param installation stopped and empty
 * @returns what people read of it
 * @throws {Unfit} when it cannot be done; nothing is changed then, or no service starts until it is done again
 */
export async function restoreBackup(
  installation: Installation,
  { dir, keys, ledger: given }: RestoreSource,
): Promise<string> {
  process.umask(0o077);
  if (given !== undefined && !existsSync(given)) throw new Unfit(`there is no ledger ${given}`);
  const backup = await openBackup(dir, keys);
  requireEmpty(installation, backup.fileOf('master.key'));
  const ledger = new Ledger();
  const beside = [backup.folder, dirname(backup.folder)].map((folder) => join(folder, LEDGER));
  for (const file of [...beside, ...installation.ledgers, given ?? '']) ledger.add(file);
  for (const remark of ledger.remarks) say(remark);

  const folders = [...new Set(Object.values(installation.folders))];
  const stages = folders.map((folder) => join(folder, RESTORING));
  const clear = (): void => {
    for (const stage of stages) rmSync(stage, { recursive: true, force: true });
  };
  let isMoving = false;
  process.once('exit', clear);
  try {
    for (const stage of stages) makeFolder(stage);
    const copies = copyDatabases(installation, backup);
    const erased = eraseAgain(copies, ledger);
    for (const file of Object.values(copies)) {
      sync(file);
      requireWhole(file);
      sync(dirname(file));
    }
    putKey(installation.masterKeyFile, backup.fileOf('master.key'));
    keepLedger(installation.ledgers[0] ?? '', ledger);
    // From here on the folders that say that a restore is under way stay, until every file has its place.
    isMoving = true;
    process.off('exit', clear);
    for (const file of Object.values(copies)) renameSync(file, join(dirname(file), '..', basename(file)));
    for (const folder of folders) sync(folder);
    clear();
    for (const folder of folders) sync(folder);
    for (const { name, store } of PARTS)
      if (store !== undefined) requireWhole(join(installation.folders[store], name));
    return resultText(backup.createdAt, ledger.knownUntil ?? backup.createdAt, erased);
  } catch (error) {
    if (!isMoving) clear();
    throw asDiskProblem(error, 'the backup cannot be restored');
  } finally {
    process.off('exit', clear);
  }
}

/** @throws {Unfit} when anything is there that a restored backup would mix with */
function requireEmpty({ folders, masterKeyFile, ledgers }: Installation, masterKey: string): void {
  for (const folder of new Set(Object.values(folders))) {
    if (!existsSync(folder)) continue;
    const names = readdirSync(folder);
    if (names.includes(RESTORING))
      throw new Unfit(`DATA_DIR holds a restore that did not finish: empty it and restore again (${folder})`);
    const found = names.filter(
      (name) =>
        !NOTHING.has(name) && !ledgers.includes(join(folder, name)) && join(folder, name) !== masterKeyFile,
    );
    if (found.length > 0)
      throw new Unfit(`DATA_DIR is not empty, and nothing in it is overwritten: ${folder}`);
  }
  if (existsSync(masterKeyFile) && !readFileSync(masterKeyFile).equals(readFileSync(masterKey)))
    throw new Unfit(`MASTER_KEY_FILE is there already and is another one: ${masterKeyFile}`);
}

function resultText(createdAt: string, knownUntil: string, erased: ErasedAgain): string {
  const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
  return [
    `Restored the backup of ${createdAt}; everybody logs in again.`,
    `Deletions are known up to ${knownUntil}: erased again ${counted(erased.chats, 'chat')}, ${counted(erased.messages, 'message')}, ${counted(erased.users, 'account')}. What was deleted later is back.`,
  ].join('\n');
}
