// Puts a backup into an empty installation, without what was erased since it was made.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, sync, writeDurably } from '../../libs/platform/src/files/durable-files.mjs';
import { asDiskProblem, progress, say } from '../backup/files.mjs';
import { LEDGER, PARTS } from '../backup/installation.mjs';
import { Ledger } from '../backup/ledger.mjs';
import { Unfit } from '../project.mjs';
import { openBackup } from './bundle.mjs';
import { eraseAgain, requireWhole } from './erase-again.mjs';

/** While it is there, no service starts (libs/platform/src/config/data-folder.ts). */
const RESTORING = 'restoring';

/** What may be in a data folder that counts as empty: a lock of one's own, and what a disk brings. */
const NOTHING = new Set(['running.pid', 'lost+found']);

/**
 * @param {import('../backup/installation.mjs').Installation} installation
 * @param {string} masterKey the file in the backup
 * @throws {Unfit} when anything is there that a restored backup would mix with
 */
function requireEmpty({ folders, masterKeyFile, ledgers }, masterKey) {
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

/** Copies a file and has it on disk. @param {string} from @param {string} to */
function copy(from, to) {
  const tell = progress(`${basename(to)}: copying`, statSync(from).size);
  copyFileSync(from, to);
  tell(statSync(to).size);
  sync(to);
}

/**
 * Keeps what is known to be erased for the backups to come.
 * @param {string} file
 * @param {Ledger} ledger
 */
function keepLedger(file, ledger) {
  const there = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const known = new Set(there.split('\n'));
  const missing = ledger
    .text()
    .split('\n')
    .filter((line) => line !== '' && !known.has(line));
  makeFolder(dirname(file));
  const start = there === '' || there.endsWith('\n') ? '' : '\n';
  appendFileSync(file, start + missing.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  sync(file);
  sync(dirname(file));
}

/** @param {number} count @param {string} what */
const counted = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * @param {import('../backup/installation.mjs').Installation} installation stopped and empty
 * @param {{ dir: string, keys?: string, ledger?: string }} from
 * @returns {Promise<string>} what people are told of it
 * @throws {Unfit} when it cannot be done; nothing is changed then, or no service starts until it is done again
 */
export async function restoreBackup(installation, { dir, keys, ledger: given }) {
  process.umask(0o077);
  if (given !== undefined && !existsSync(given)) throw new Unfit(`there is no ledger ${given}`);
  const backup = await openBackup(dir, keys);
  requireEmpty(installation, backup.fileOf('master.key'));
  const ledger = new Ledger();
  const beside = [backup.folder, dirname(backup.folder)].map((folder) => join(folder, LEDGER));
  for (const file of [...beside, ...installation.ledgers, given ?? '']) ledger.add(file);
  for (const remark of ledger.remarks) say(remark);

  const stages = [...new Set(Object.values(installation.folders))].map((folder) => join(folder, RESTORING));
  const clear = () => {
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
    const folders = [...new Set(Object.values(installation.folders))];
    for (const folder of folders) sync(folder);
    clear();
    for (const folder of folders) sync(folder);
    for (const { name, store } of PARTS)
      if (store !== undefined) requireWhole(join(installation.folders[store], name));
    return [
      `Restored the backup of ${backup.createdAt}; everybody logs in again.`,
      `Deletions are known up to ${ledger.knownUntil ?? backup.createdAt}: erased again ${counted(erased.chats, 'chat')}, ${counted(erased.messages, 'message')}, ${counted(erased.users, 'account')}. What was deleted later is back.`,
    ].join('\n');
  } catch (error) {
    if (!isMoving) clear();
    throw asDiskProblem(error, 'the backup cannot be restored');
  } finally {
    process.off('exit', clear);
  }
}

/**
 * Copies the databases of a backup to where they are worked on.
 * @param {import('../backup/installation.mjs').Installation} installation
 * @param {import('./bundle.mjs').Backup} backup
 * @returns {{ auth: string, chat: string, gateway: string }}
 */
function copyDatabases({ folders }, backup) {
  /** @type {Record<string, string>} */
  const copies = {};
  for (const { name, store } of PARTS)
    if (store !== undefined)
      copy(backup.fileOf(name), (copies[store] = join(folders[store], RESTORING, name)));
  const { auth = '', chat = '', gateway = '' } = copies;
  return { auth, chat, gateway };
}

/** Puts the master key of a backup in its place, unless it is there. @param {string} file @param {string} from */
function putKey(file, from) {
  if (existsSync(file)) return;
  makeFolder(dirname(file));
  writeDurably(file, readFileSync(from, 'utf8'), { replace: false });
}
