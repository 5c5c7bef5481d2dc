import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CrashImage, Disk } from './disk.js';
import { openFileOf, recorded, type RecordedCall, unescaped } from './recording.js';
import { ROOT, type Traced, type Until } from '../traced.js';

/** What a power cut leaves of a folder. */
export interface Crash extends CrashImage {
  /** The call after which the power is cut. */
  readonly after: string;
}

/** How much of a call a failure shows. */
const SHOWN = 200;

const everyCall: (call: RecordedCall) => boolean = () => true;

const STRING = /(?:(?:AT_FDCWD|\d+)<([^>]*)>(?:\(deleted\))?, )?"((?:[^"\\]|\\.)*)"(\.\.\.)?/gs;

/** The paths that a call names, absolute. */
function pathsOf({ args }: RecordedCall): string[] {
  return [...args.matchAll(STRING)].map(([, folder = ROOT, text = '']) =>
    resolve(folder, String(unescaped(text))),
  );
}

/** The bytes that a call writes. */
function bytesOf({ name, args, result }: RecordedCall): Buffer {
  const all = [...args.matchAll(STRING)];
  if (all.some(([, , , isCut]) => isCut !== undefined)) throw new Error(`${name} wrote more than is shown`);
  return Buffer.concat(all.map(([, , text = '']) => unescaped(text))).subarray(0, result);
}

/** Does to a disk what a call has done. */
function apply(disk: Disk, call: RecordedCall): void {
  const { name, args, result } = call;
  const { path, isDeleted } = openFileOf(call);
  const last = Number(/, (\d+)$/.exec(args)?.[1] ?? 0);
  const [first = '', second = ''] = /^p?write/.test(name) ? [] : pathsOf(call);
  switch (name) {
    case 'openat':
      return disk.open(first, args);
    case 'write':
    case 'writev':
      return disk.write(path, isDeleted, bytesOf(call));
    case 'pwrite64':
    case 'pwritev':
      return disk.write(path, isDeleted, bytesOf(call), last);
    case 'ftruncate':
      return disk.resize(path, isDeleted, last);
    case 'truncate':
      return disk.resize(first, false, last);
    case 'copy_file_range':
    case 'sendfile':
      return copy(disk, call);
    case 'fsync':
    case 'fdatasync':
      return disk.sync(path, isDeleted);
    case 'mkdir':
    case 'mkdirat':
      return disk.makeFolder(first, parseInt(/, (0\d+)$/.exec(args)?.[1] ?? '0700', 8));
    case 'link':
    case 'linkat':
      return disk.link(first, second);
    case 'unlink':
    case 'unlinkat':
    case 'rmdir':
      return disk.remove(first);
    default:
      return disk.rename(first, second);
  }
}

/** Copies from file to file: the kernel does it, and no bytes are shown. */
function copy(disk: Disk, { name, args, result }: RecordedCall): void {
  const paths = [...args.matchAll(/\d+<([^>]*)>/g)].map(([, path = '']) => path);
  const [from = '', to = ''] = name === 'sendfile' ? paths.toReversed() : paths;
  if (!disk.has(to)) return;
  const start = Number(/\[(\d+)\]/.exec(args)?.[1] ?? disk.positionIn(to));
  disk.write(to, false, disk.read(from, start, result));
}

/** The writes of a program in a folder, and in it what a power cut leaves after each. */
export class CrashImages {
  private constructor(
    private readonly before: Disk,
    private readonly calls: readonly RecordedCall[],
  ) {}

  /**
   * Runs a program, and follows all that it and its processes write in a folder.
   * @param folder an absolute path; what is in it counts as synced
   * @param until ends a program that does not end by itself
   */
  static async of(program: Traced, folder: string, until?: Until): Promise<CrashImages> {
    const before = Disk.of(folder);
    return new CrashImages(before, await recorded(program, `${folder}.recording`, until));
  }

  /** Returns each state of the disk that a power cut may leave, once. */
  all(): Crash[] {
    const crashes = new Map<string, Crash>();
    const keep = (disk: Disk, after: string): void => {
      for (const image of disk.images()) {
        const digest = digestOf(image);
        if (!crashes.has(digest)) crashes.set(digest, { ...image, after });
      }
    };
    keep(this.before, 'the start');
    this.replayed(everyCall, (disk, { name, args }) => {
      // Bytes that are only written are lost: nothing else is on the disk than before.
      if (!name.includes('write')) keep(disk, `${name}(${args.slice(0, SHOWN)})`);
    });
    return [...crashes.values()];
  }

  /**
   * Returns what a power cut leaves once the program has ended.
   * @param isMade tells which calls count as made, all unless told
   */
  last(isMade = everyCall): CrashImage[] {
    return this.replayed(isMade).images();
  }

  /** Returns all that the program has written. */
  written(): CrashImage {
    return this.replayed(everyCall).written();
  }

  private replayed(
    isMade: (call: RecordedCall) => boolean,
    look: (disk: Disk, call: RecordedCall) => void = () => undefined,
  ): Disk {
    const disk = this.before.copy();
    for (const call of this.calls) {
      if (!isMade(call)) continue;
      apply(disk, call);
      look(disk, call);
    }
    return disk;
  }
}

function digestOf({ files, folders }: CrashImage): string {
  const hash = createHash('sha256').update([...folders.keys()].join('\0'));
  for (const [path, bytes] of files) hash.update(`\0${path}\0${bytes.length}\0`).update(bytes);
  return hash.digest('hex');
}

/** Makes a folder from what a power cut has left. */
export function restoreImage({ files, folders }: CrashImage, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o711 });
  for (const [path, mode] of folders) mkdirSync(join(folder, path), { mode });
  for (const [path, bytes] of files) writeFileSync(join(folder, path), bytes, { mode: 0o600 });
}
