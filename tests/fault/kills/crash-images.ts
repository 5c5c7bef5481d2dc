import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Traced } from './traced.js';

const ROOT = join(import.meta.dirname, '../../..');
const RECORDED = [
  'openat',
  'write',
  'pwrite64',
  'ftruncate',
  'fsync',
  'fdatasync',
  'rename',
  'link',
  'unlink',
  'rmdir',
  'mkdir',
];

/** A file as the running system sees it, and as it is on the disk. */
interface Inode {
  now: Buffer;
  onDisk: Buffer;
}

/** What a folder holds after a power cut: paths relative to it. */
export type CrashImage = ReadonlyMap<string, Buffer>;

/** Reads the text of a string as strace shows it. */
function unescaped(text: string): Buffer {
  const named: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, '"': 34, '\\': 92 };
  const bytes: number[] = [];
  for (const [, octal, hex, letter, plain = ''] of text.matchAll(
    /\\([0-7]{1,3})|\\x([0-9a-f]{2})|\\(.)|([^\\])/gs,
  ))
    bytes.push(
      octal
        ? parseInt(octal, 8)
        : hex
          ? parseInt(hex, 16)
          : letter
            ? (named[letter] ?? 0)
            : plain.charCodeAt(0),
    );
  return Buffer.from(bytes);
}

/** Follows the calls of a program, and knows what of them a power cut would leave. */
class Disk {
  private readonly names = new Map<string, Inode>();
  private namesOnDisk = new Map<string, Inode>();
  private readonly open = new Map<number, { path: string; inode?: Inode; at: number }>();

  constructor(private readonly folder: string) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = readFileSync(path);
      this.names.set(path, { now: bytes, onDisk: bytes });
    }
    this.namesOnDisk = new Map(this.names);
  }

  /** Takes one line of strace; gives whether it changed anything in the folder. */
  take(line: string): boolean {
    const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\)\s+= (-?\d+)/s.exec(line) ?? [];
    if (Number(result) < 0) return false;
    const strings = [...args.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, text = '']) => unescaped(text));
    const paths = strings.map(String);
    const [first = '', second = ''] = paths;
    const file = this.open.get(Number(/^\d+/.exec(args)?.[0] ?? -1));
    switch (name) {
      case 'openat':
        return this.opened(Number(result), first, args);
      case 'write':
      case 'pwrite64': {
        if (!file?.inode) return false;
        const at = name === 'write' ? file.at : Number(/, (\d+)$/.exec(args)?.[1] ?? 0);
        this.write(file.inode, strings[0]?.subarray(0, Number(result)) ?? Buffer.alloc(0), at);
        file.at = at + Number(result);
        return true;
      }
      case 'ftruncate':
        if (file?.inode) file.inode.now = file.inode.now.subarray(0, Number(/, (\d+)$/.exec(args)?.[1] ?? 0));
        return file?.inode !== undefined;
      case 'fsync':
      case 'fdatasync':
        return file !== undefined && this.synced(file);
      case 'rename':
      case 'link':
      case 'unlink':
        return this.renamed(name, first, second);
      default:
        return false;
    }
  }

  private opened(descriptor: number, path: string, args: string): boolean {
    const isMade = args.includes('O_CREAT') && path.startsWith(this.folder) && !this.names.has(path);
    if (isMade) this.names.set(path, { now: Buffer.alloc(0), onDisk: Buffer.alloc(0) });
    const inode = this.names.get(path);
    if (inode && args.includes('O_TRUNC')) inode.now = Buffer.alloc(0);
    this.open.set(descriptor, { path, at: 0, ...(inode && { inode }) });
    return isMade;
  }

  private write(inode: Inode, bytes: Buffer, at: number): void {
    const grown = Buffer.alloc(Math.max(inode.now.length, at + bytes.length));
    inode.now.copy(grown);
    bytes.copy(grown, at);
    inode.now = grown;
  }

  private synced({ path, inode }: { path: string; inode?: Inode }): boolean {
    if (inode) {
      inode.onDisk = Buffer.from(inode.now);
      return true;
    }
    for (const map of [this.namesOnDisk, this.names])
      for (const known of map.keys())
        if (dirname(known) === path) {
          const now = this.names.get(known);
          if (now) this.namesOnDisk.set(known, now);
          else this.namesOnDisk.delete(known);
        }
    return path.startsWith(this.folder);
  }

  private renamed(name: string, from: string, to: string): boolean {
    const inode = this.names.get(from);
    if (!inode) return false;
    if (name !== 'unlink') this.names.set(to, inode);
    if (name !== 'link') this.names.delete(from);
    return true;
  }

  /** What is not synced is lost: contents, and with them the names or not. */
  images(): CrashImage[] {
    return [this.namesOnDisk, this.names].map(
      (names) => new Map([...names].map(([path, { onDisk }]) => [relative(this.folder, path), onDisk])),
    );
  }
}

/**
 * Runs a program that ends, and gives what a power cut after each of its writes would leave of a folder.
 * @param log a path for the recording, outside the folder
 */
export function crashImages({ args, env }: Traced, folder: string, log: string): CrashImage[] {
  const disk = new Disk(folder);
  const { PATH = '', HOME = '' } = process.env;
  execFileSync(
    'strace',
    ['-qq', '-s', '1000000', '-o', log, '-e', `trace=${RECORDED.join(',')}`, process.execPath, ...args],
    { cwd: ROOT, env: { PATH, HOME, ...env }, stdio: 'pipe' },
  );
  const images = disk.images();
  for (const line of readFileSync(log, 'utf8').split('\n'))
    if (disk.take(line)) images.push(...disk.images());
  rmSync(log);
  return images;
}

/** Makes a folder from a crash image. */
export function restoreImage(image: CrashImage, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [path, bytes] of image) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), bytes, { mode: 0o600 });
  }
}
