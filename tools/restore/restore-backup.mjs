// Puts a backup into an empty installation, without what was erased since it was made.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { progress, say, sync } from '../backup/files.mjs';
import { LEDGER, PARTS } from '../backup/installation.mjs';
import { Ledger } from '../backup/ledger.mjs';
import { Unfit } from '../project.mjs';
import { openBackup } from './bundle.mjs';
import { eraseAgain } from './erase-again.mjs';

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
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const start = there === '' || there.endsWith('\n') ? '' : '\n';
  appendFileSync(file, start + missing.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  sync(file);
}

/** @param {number} count @param {string} what */
const counted = (count, what) => `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * @param {import('../backup/installation.mjs').Installation} installation stopped and empty
 * @param {{ dir: string, keys?: string, ledger?: string }} from
 * @returns {Promise<string>} what people are told of it
 * @throws {Unfit} when it cannot be done; nothing is changed then
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

  const { folders, masterKeyFile, ledgers } = installation;
  const stages = [...new Set(Object.values(folders))].map((folder) => join(folder, RESTORING));
  const clear = () => {
    for (const stage of stages) rmSync(stage, { recursive: true, force: true });
  };
  process.once('exit', clear);
  try {
    for (const stage of stages) mkdirSync(stage, { recursive: true, mode: 0o700 });
    /** @type {Record<string, string>} */
    const copies = {};
    for (const { name, store } of PARTS)
      if (store !== undefined)
        copy(backup.fileOf(name), (copies[store] = join(folders[store], RESTORING, name)));
    const { auth = '', chat = '', gateway = '' } = copies;
    const erased = eraseAgain({ auth, chat, gateway }, ledger);
    for (const file of Object.values(copies)) sync(file);
    if (!existsSync(masterKeyFile)) {
      mkdirSync(dirname(masterKeyFile), { recursive: true, mode: 0o700 });
      copy(backup.fileOf('master.key'), masterKeyFile);
      sync(dirname(masterKeyFile));
    }
    keepLedger(ledgers[0] ?? '', ledger);
    for (const file of Object.values(copies)) renameSync(file, join(dirname(file), '..', basename(file)));
    for (const folder of Object.values(folders)) sync(folder);
    return [
      `Restored the backup of ${backup.createdAt}; everybody logs in again.`,
      `Deletions are known up to ${ledger.knownUntil ?? backup.createdAt}: erased again ${counted(erased.chats, 'chat')}, ${counted(erased.messages, 'message')}, ${counted(erased.users, 'account')}. What was deleted later is back.`,
    ].join('\n');
  } finally {
    process.off('exit', clear);
    clear();
  }
}
