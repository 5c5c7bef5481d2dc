import { setTimeout as pause } from 'node:timers/promises';
import { createMasterKeyLine, parseMasterKeys } from '@app/crypto';
import { Unfit } from '../../project.mjs';
import { say } from '../progress.js';
import type { KeyFile, KeyLine } from './key-file.js';
import type { KeyStore } from './key-store.js';

/**
 * How long no key may be wrapped anew before the rotation gives up, and how long scrubbing the store may take after the
 * last key, in milliseconds.
 */
const WRAP_LIMIT_MS = 15_000;
const SCRUB_LIMIT_MS = 120_000;

/** How often the store is read, in milliseconds: each time its keys are counted. */
const READ_EVERY_MS = 500;

/**
 * Has a new master key take the place of the old one while chat runs and wraps every chat's key anew. A run that was
 * interrupted anywhere is finished by the next one.
 * @returns what people read of it
 * @throws {Unfit} when it cannot be done; no key that is needed is lost then
 */
export async function rotate(file: KeyFile, store: KeyStore): Promise<string> {
  const found = file.read();
  const lines = [...found, ...neededLeftovers(file, store, found)].toSorted((a, b) => a.version - b.version);
  store.requireFit(lines);
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
  else file.write([...lines, newKey(version)]);
  await wrappedBy(store, version);

  const now = file.read();
  const kept = now.filter((line) => line.version >= version);
  // The new key alone must fit the store and open what it has wrapped, before the old one is destroyed.
  store.requireFit(kept);
  file.write(kept);
  file.destroyLeftovers();
  if (file.read().some((line) => line.version < version) || file.leftovers().length > 0)
    throw new Unfit('the old master key is still there: rotate the keys again');
  const old = now.filter((line) => line.version < version).map((line) => line.version);
  return `The master key has version ${version}. Version ${old.join(', ')} opens nothing any more and was destroyed; destroy its copies too.`;
}

function newKey(version: number): KeyLine {
  const line = createMasterKeyLine(version);
  return { version, check: parseMasterKeys(line).current.check, line };
}

/** Returns what an interrupted run has left of keys that are needed: those that the store knows, or the next version. */
function neededLeftovers(file: KeyFile, store: KeyStore, there: readonly KeyLine[]): KeyLine[] {
  const checks = store.checks();
  const current = there.at(-1)?.version ?? 0;
  const needed = new Map<number, KeyLine>();
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
 * @throws {Unfit} when nothing changes for too long
 */
async function wrappedBy(store: KeyStore, version: number): Promise<void> {
  const read = (): { older: number; remembered: number; known: boolean } => {
    const versions = [...store.checks().keys()];
    return {
      older: store.wrappedByOthers(version),
      remembered: versions.filter((one) => one < version).length,
      known: versions.includes(version),
    };
  };
  let state = read();
  let changedAt = performance.now();
  while (state.older > 0 || state.remembered > 0 || !state.known) {
    await pause(READ_EVERY_MS);
    const now = read();
    if (now.older !== state.older || now.known !== state.known) {
      changedAt = performance.now();
      say(`${now.older} chat keys to go`);
    }
    state = now;
    const limit = now.known && now.older === 0 ? SCRUB_LIMIT_MS : WRAP_LIMIT_MS;
    if (performance.now() - changedAt > limit)
      throw new Unfit(
        'nothing happens: is Secure Chat running with this DATA_DIR? It goes on at its next start; then rotate the keys again',
      );
  }
}
