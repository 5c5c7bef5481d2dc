import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { megabytes } from '../../progress.js';
import type { DataFolder } from '../data-folder.js';
import { readHanded } from '../handed-logs.js';
import type { Outcome } from '../report.js';
import { Scanner, type Needle } from '../scanner.js';

/** Where the services' output is, beside the log files of the data folder. */
export interface Outputs {
  readonly files: readonly string[];
  /** What brings it by a pipe: see `readHanded`. */
  readonly pipe: Readable | undefined;
  readonly isLast: (line: string) => boolean;
  /** How to hand it over, for a report without any. */
  readonly howTo: string;
}

/** Scans files and returns what was found in how many bytes. */
export function scanFiles(
  scanner: Scanner,
  files: readonly string[],
  nameOf: (file: string) => string,
): { findings: string[]; bytes: number } {
  const findings: string[] = [];
  let bytes = 0;
  for (const file of files) {
    bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    for (const { label, offset } of scanner.inFile(file))
      findings.push(`${label} in ${nameOf(file)} at byte ${offset}`);
  }
  return { findings, bytes };
}

/**
 * Checks that there is no text, name, password or token in any file but logs (promise 4).
 */
export function disk(folder: DataFolder, needles: readonly Needle[]): Outcome {
  const inLogs = new Set(folder.logFiles());
  const files = folder.files().filter((file) => !inLogs.has(file));
  const { findings, bytes } = scanFiles(new Scanner(needles), files, (file) => folder.nameOf(file));
  return {
    says: `no message text, chat name, password or session token in ${files.length} files of DATA_DIR (${megabytes(bytes)})`,
    findings,
  };
}

/** Checks the same of logs, which must hold no key either. */
export async function logs(
  folder: DataFolder,
  { files: more, pipe, isLast, howTo }: Outputs,
  needles: readonly Needle[],
): Promise<Outcome> {
  const files = [...new Set([...folder.logFiles(), ...more])];
  if (files.length === 0 && !pipe)
    return {
      status: 'not possible',
      says: `what the services print goes to no file that is seen from here: ${howTo}`,
    };
  const scanner = new Scanner(needles);
  const { findings, bytes } = scanFiles(scanner, files, (file) => folder.nameOf(file));
  const places = files.length === 0 ? [] : [`${files.length} log files (${megabytes(bytes)})`];
  if (pipe) {
    const handed = await readHanded(pipe, scanner, isLast);
    findings.push(...handed.labels.map((label) => `${label} in what was handed over`));
    const size = megabytes(handed.bytes);
    if (!handed.complete && findings.length === 0)
      return {
        status: 'not possible',
        says: `what was handed over (${size}) does not tell of this audit up to its end: is it the live log of this installation, at LOG_LEVEL info or below?`,
      };
    places.push(`${size} handed over, with lines of ${handed.speakers.toSorted().join(', ')}`);
  }
  return { says: `no text, name, password, token or key in ${places.join(' and ')}`, findings };
}

/** Checks that files are for their owner alone. */
export function modes(folder: DataFolder): Outcome {
  const says = 'files and folders of DATA_DIR are for their owner alone (0600, 0700)';
  if (process.platform === 'win32') return { status: 'not possible', says: 'Windows has no file modes' };
  const findings: string[] = [];
  const look = (path: string): void => {
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

/** Notes where the master key lies. */
export function masterKeyPlace(folder: DataFolder): Outcome {
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
