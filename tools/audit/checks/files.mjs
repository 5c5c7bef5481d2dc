// Files: nothing of what people write or sign in with may stand in one, and nobody else may open them.
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readHanded } from '../handed-logs.mjs';
import { Scanner } from '../scanner.mjs';

/** @typedef {import('../report.mjs').Outcome} Outcome */
/** @typedef {import('../scanner.mjs').Needle} Needle */
/** @typedef {import('../data-folder.mjs').DataFolder} DataFolder */

/**
 * Scans files and gathers what was found in how many bytes.
 * @param {Scanner} scanner
 * @param {readonly string[]} files
 * @param {(file: string) => string} nameOf
 */
export function scanFiles(scanner, files, nameOf) {
  /** @type {string[]} */
  const findings = [];
  let bytes = 0;
  for (const file of files) {
    bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    for (const { label, offset } of scanner.inFile(file))
      findings.push(`${label} in ${nameOf(file)} at byte ${offset}`);
  }
  return { findings, bytes };
}

/** @param {number} bytes */
export const inMegabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * No text, name, password or token in any file but logs (promise 4).
 * @param {DataFolder} folder @param {readonly Needle[]} needles
 * @returns {Outcome}
 */
export function disk(folder, needles) {
  const inLogs = new Set(folder.logFiles());
  const files = folder.files().filter((file) => !inLogs.has(file));
  const { findings, bytes } = scanFiles(new Scanner(needles), files, (file) => folder.nameOf(file));
  return {
    says: `no message text, chat name, password or session token in ${files.length} files of DATA_DIR (${inMegabytes(bytes)})`,
    findings,
  };
}

/**
 * The same for logs, and no key either.
 * @param {DataFolder} folder
 * @param {{ files: readonly string[], pipe: import('node:stream').Readable | undefined, isLast: (line: string) => boolean, howTo: string }} outputs other log files, and what is handed over: see `readHanded`
 * @param {readonly Needle[]} needles
 * @returns {Promise<Outcome>}
 */
export async function logs(folder, { files: more, pipe, isLast, howTo }, needles) {
  const files = [...new Set([...folder.logFiles(), ...more])];
  if (files.length === 0 && !pipe)
    return {
      status: 'not possible',
      says: `what the services print goes to no file that is seen from here: ${howTo}`,
    };
  const scanner = new Scanner(needles);
  const { findings, bytes } = scanFiles(scanner, files, (file) => folder.nameOf(file));
  const places = files.length === 0 ? [] : [`${files.length} log files (${inMegabytes(bytes)})`];
  if (pipe) {
    const handed = await readHanded(pipe, scanner, isLast);
    findings.push(...handed.labels.map((label) => `${label} in what was handed over`));
    const size = inMegabytes(handed.bytes);
    if (!handed.complete && findings.length === 0)
      return {
        status: 'not possible',
        says: `what was handed over (${size}) does not tell of this audit up to its end: is it the live log of this installation, at LOG_LEVEL info or below?`,
      };
    places.push(`${size} handed over, with lines of ${handed.speakers.toSorted().join(', ')}`);
  }
  return { says: `no text, name, password, token or key in ${places.join(' and ')}`, findings };
}

/**
 * Files are for their owner alone.
 * @param {DataFolder} folder
 * @returns {Outcome}
 */
export function modes(folder) {
  const says = 'files and folders of DATA_DIR are for their owner alone (0600, 0700)';
  if (process.platform === 'win32') return { status: 'not possible', says: 'Windows has no file modes' };
  /** @type {string[]} */
  const findings = [];
  /** @param {string} path */
  const look = (path) => {
    const about = lstatSync(path, { throwIfNoEntry: false });
    if (!about || about.isSymbolicLink()) return;
    const mode = about.mode & 0o777;
    if ((mode & 0o077) !== 0) findings.push(`${folder.nameOf(path)} has mode 0${mode.toString(8)}`);
    if (about.isDirectory()) for (const name of readdirSync(path)) look(join(path, name));
  };
  look(folder.path);
  if (!folder.masterKeyFile.startsWith(`${folder.path}/`)) look(folder.masterKeyFile);
  return { says, findings };
}

/**
 * Where the master key lies, in one line.
 * @param {DataFolder} folder
 * @returns {Outcome}
 */
export function masterKeyPlace(folder) {
  const about = lstatSync(folder.masterKeyFile, { throwIfNoEntry: false });
  if (!about) return { status: 'not possible', says: 'MASTER_KEY_FILE cannot be seen from here' };
  if (folder.masterKeyFile.startsWith(`${folder.path}/`))
    return {
      status: 'note',
      says: 'the master key lies beside the data: who takes DATA_DIR reads everything',
    };
  const sameDisk = about.dev === lstatSync(folder.path).dev;
  return {
    status: 'note',
    says: `the master key lies apart from the data, on ${sameDisk ? 'the same' : 'another'} disk`,
  };
}
