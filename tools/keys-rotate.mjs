// npm run keys:rotate: a new master key takes the place of the old one while the service runs. Can be run again after
// any interruption: it goes on where it was.
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { takeLock } from './exclusive.mjs';
import { KeyFile } from './keys/key-file.mjs';
import { KeyStore } from './keys/key-store.mjs';
import { commandLine, program, readEnvFile, ROOT, Unfit } from './project.mjs';

const USAGE = `npm run keys:rotate
  wraps every chat's key under a new master key while Secure Chat runs, then destroys the old one`;

/**
 * How long no key may be wrapped anew before nobody is believed to work on it, and how long the scrubbing of the store
 * may take after the last one, in milliseconds.
 */
const PATIENCE_MS = 15_000;
const SCRUB_PATIENCE_MS = 120_000;

/** How often the store is looked at, in milliseconds: each look counts its keys. */
const LOOK_MS = 500;

/** @typedef {import('./keys/key-file.mjs').KeyLine} KeyLine */

/** @param {string} line */
const say = (line) => console.error(`secure-chat: ${line}`);

/** Where the installation is. @throws {Unfit} when there is none */
function installation() {
  const dataDir = resolve(ROOT, process.env['DATA_DIR']?.trim() || 'data');
  const file = resolve(ROOT, process.env['MASTER_KEY_FILE']?.trim() || join(dataDir, 'master.key'));
  const store = join(dataDir, 'chat.db');
  const library = join(ROOT, 'dist/apps/chat/libs/crypto/src/index.js');
  if (!existsSync(file) || !existsSync(store) || !existsSync(library))
    throw new Unfit('there is no installation to rotate the key of: check DATA_DIR and MASTER_KEY_FILE');
  return { dataDir, file: realpathSync(file), store, library: pathToFileURL(library).href };
}

/**
 * What an interrupted run has left of keys that are needed: those that the store knows, or else the next version.
 * @param {KeyFile} file @param {KeyStore} store @param {readonly KeyLine[]} there
 * @returns {KeyLine[]}
 */
function neededLeftovers(file, store, there) {
  const checks = store.checks();
  const current = there.at(-1)?.version ?? 0;
  /** @type {Map<number, KeyLine>} */
  const needed = new Map();
  for (const line of file.leftLines()) {
    const check = checks.get(line.version);
    const isNeeded = check ? check.equals(line.check) : line.version > current;
    if (isNeeded && !there.some(({ version }) => version === line.version) && !needed.has(line.version))
      needed.set(line.version, line);
  }
  return [...needed.values()];
}

/**
 * Waits until chat has wrapped every key by a version and remembers no older one.
 * @param {KeyStore} store @param {number} version
 * @throws {Unfit} when nothing goes on
 */
async function wrappedBy(store, version) {
  const look = () => {
    const versions = [...store.checks().keys()];
    return {
      older: store.wrappedByOthers(version),
      remembered: versions.filter((one) => one < version).length,
      known: versions.includes(version),
    };
  };
  let state = look();
  let changedAt = performance.now();
  while (state.older > 0 || state.remembered > 0 || !state.known) {
    await pause(LOOK_MS);
    const now = look();
    if (now.older !== state.older || now.known !== state.known) {
      changedAt = performance.now();
      say(`${now.older} chat keys to go`);
    }
    state = now;
    const patience = now.known && now.older === 0 ? SCRUB_PATIENCE_MS : PATIENCE_MS;
    if (performance.now() - changedAt > patience)
      throw new Unfit(
        'nothing happens: is Secure Chat running with this DATA_DIR? At its next start it goes on; then run npm run keys:rotate again',
      );
  }
}

/**
 * @param {KeyFile} file @param {KeyStore} store
 * @returns {Promise<string>} what people are told of it
 * @throws {Unfit} when it cannot be done; no key that is needed is lost then
 */
async function rotate(file, store) {
  const { library } = file;
  const found = file.read();
  const lines = [...found, ...neededLeftovers(file, store, found)].toSorted((a, b) => a.version - b.version);
  store.requireFit(lines, library);
  if (lines.length > found.length) {
    say('going on with a master key that an interrupted run has left');
    file.write(lines);
  }
  const current = lines.at(-1)?.version ?? 0;
  if (lines.length === 1 && file.hasOldFiles) {
    file.destroyLeftovers();
    return `The master key has version ${current}. What an interrupted run had left of older ones is destroyed now.`;
  }
  const version = lines.length > 1 ? current : current + 1;
  if (lines.length > 1) say(`going on with version ${version}`);
  else {
    const line = library.createMasterKeyLine(version);
    file.write([
      ...lines,
      ...library.parseMasterKeys(line).versions.map(({ check }) => ({ version, check, line })),
    ]);
  }
  await wrappedBy(store, version);

  const now = file.read();
  const kept = now.filter((line) => line.version >= version);
  // The new key alone must fit the store and open what it has wrapped, before the old one is destroyed.
  store.requireFit(kept, library);
  file.write(kept);
  file.destroyLeftovers();
  if (file.read().some((line) => line.version < version) || file.leftovers().length > 0)
    throw new Unfit('the old master key is still there: run npm run keys:rotate again');
  const old = now.filter((line) => line.version < version).map((line) => line.version);
  return `The master key has version ${version}. Version ${old.join(', ')} opens nothing any more and was destroyed; destroy its copies too.`;
}

await program(async () => {
  if (commandLine(USAGE) === undefined) return;
  readEnvFile();
  process.umask(0o077);
  const { dataDir, file, store, library } = installation();
  const giveBack = takeLock(join(dataDir, 'keys-rotate.lock'), 'npm run keys:rotate');
  try {
    console.log(await rotate(new KeyFile(file, await import(library)), new KeyStore(store)));
  } finally {
    giveBack();
  }
});
