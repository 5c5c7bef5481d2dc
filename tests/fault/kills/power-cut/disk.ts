import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

interface FileNode {
  /** As the running system sees it, and as it is on the disk. */
  now: Buffer;
  onDisk: Buffer;
  /** Where the next write without a position goes. */
  at: number;
}

/** The names in a folder, as the running system sees them and as they are on the disk. */
interface FolderNode {
  readonly mode: number;
  now: Map<string, Node>;
  onDisk: Map<string, Node>;
}

type Node = FileNode | FolderNode;

const isFolder = (node: Node | undefined): node is FolderNode => node !== undefined && !('at' in node);

/** What a folder holds after a power cut; paths are relative to it. */
export interface CrashImage {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Their modes. */
  readonly folders: ReadonlyMap<string, number>;
}

/** A folder whose writes are followed: it knows what a power cut would leave of it. */
export class Disk {
  /** The last node that has lost each path: a file that is open still. */
  private readonly gone = new Map<string, Node>();

  private constructor(
    private readonly folder: string,
    private readonly root: FolderNode,
  ) {}

  /** Reads a folder: all that is in it counts as synced. */
  static of(folder: string): Disk {
    return new Disk(folder, read(folder));
  }

  /** Returns a disk of its own that holds what this one does and has synced it. */
  copy(): Disk {
    return new Disk(this.folder, copyOf(this.root));
  }

  /** Returns whether a path lies in the folder. */
  has(path: string): boolean {
    return path === this.folder || path.startsWith(`${this.folder}/`);
  }

  /** Opens a file, or makes one. */
  open(path: string, flags: string): void {
    const { parent, node } = this.find(path);
    let file = node;
    if (!file && flags.includes('O_CREAT') && parent) {
      file = { now: Buffer.alloc(0), onDisk: Buffer.alloc(0), at: 0 };
      parent.now.set(basename(path), file);
    }
    if (!file || isFolder(file)) return;
    if (flags.includes('O_TRUNC')) file.now = Buffer.alloc(0);
    file.at = flags.includes('O_APPEND') ? file.now.length : 0;
  }

  /**
   * Writes to a file.
   * @param position where the file is written, or undefined for where the last such write has ended
   */
  write(path: string, isDeleted: boolean, bytes: Buffer, position?: number): void {
    const file = this.fileAt(path, isDeleted);
    if (!file) return;
    const at = position ?? file.at;
    const grown = Buffer.alloc(Math.max(file.now.length, at + bytes.length));
    file.now.copy(grown);
    bytes.copy(grown, at);
    file.now = grown;
    if (position === undefined) file.at = at + bytes.length;
  }

  /** Cuts or lengthens a file. */
  resize(path: string, isDeleted: boolean, length: number): void {
    const file = this.fileAt(path, isDeleted);
    if (!file) return;
    const resized = Buffer.alloc(length);
    file.now.copy(resized);
    file.now = resized;
  }

  /** Returns the bytes of a file, from `start` on. */
  read(path: string, start: number, length: number): Buffer {
    const bytes = this.has(path) ? this.fileAt(path, false)?.now : readFileSync(path);
    return (bytes ?? Buffer.alloc(0)).subarray(start, start + length);
  }

  /** Returns where the next write without a position goes. */
  positionIn(path: string): number {
    return this.fileAt(path, false)?.at ?? 0;
  }

  /** Puts the bytes of a file, or the names in a folder, on the disk. */
  sync(path: string, isDeleted: boolean): void {
    const node = isDeleted ? this.gone.get(path) : this.find(path).node;
    if (!node) return;
    if (isFolder(node)) node.onDisk = new Map(node.now);
    else node.onDisk = Buffer.from(node.now);
  }

  /** Makes a folder. */
  makeFolder(path: string, mode: number): void {
    this.find(path).parent?.now.set(basename(path), { mode, now: new Map(), onDisk: new Map() });
  }

  /** Gives a file or a folder another name, in the place of what has it. */
  rename(from: string, to: string): void {
    const { node } = this.find(from);
    if (!node) return;
    this.remove(to);
    this.find(from).parent?.now.delete(basename(from));
    this.find(to).parent?.now.set(basename(to), node);
  }

  /** Gives a file a second name. */
  link(from: string, to: string): void {
    const { node } = this.find(from);
    if (node) this.find(to).parent?.now.set(basename(to), node);
  }

  /** Removes a name. */
  remove(path: string): void {
    const { parent, node } = this.find(path);
    if (node) this.gone.set(path, node);
    parent?.now.delete(basename(path));
  }

  /** Returns what a power cut leaves: no bytes that were not synced; without the names that were not, and with them. */
  images(): CrashImage[] {
    return [this.image('onDisk', 'onDisk'), this.image('now', 'onDisk')];
  }

  /** Returns all that the running system sees. */
  written(): CrashImage {
    return this.image('now', 'now');
  }

  private image(names: 'now' | 'onDisk', bytes: 'now' | 'onDisk'): CrashImage {
    const files = new Map<string, Buffer>();
    const folders = new Map<string, number>();
    const walk = (folder: FolderNode, prefix: string): void => {
      for (const [name, node] of folder[names])
        if (isFolder(node)) {
          folders.set(prefix + name, node.mode);
          walk(node, `${prefix}${name}/`);
        } else files.set(prefix + name, node[bytes]);
    };
    walk(this.root, '');
    return { files, folders };
  }

  private fileAt(path: string, isDeleted: boolean): FileNode | undefined {
    const node = isDeleted ? this.gone.get(path) : this.find(path).node;
    return isFolder(node) ? undefined : node;
  }

  private find(path: string): { parent?: FolderNode; node?: Node } {
    if (!this.has(path)) return {};
    let node: Node | undefined = this.root;
    let parent: FolderNode | undefined;
    for (const name of relative(this.folder, path).split('/').filter(Boolean)) {
      if (!isFolder(node)) return {};
      parent = node;
      node = node.now.get(name);
    }
    return { ...(parent && { parent }), ...(node && { node }) };
  }
}

function copyOf(folder: FolderNode): FolderNode {
  const names = new Map(
    [...folder.now].map(([name, node]) => [
      name,
      isFolder(node) ? copyOf(node) : { ...node, onDisk: node.now },
    ]),
  );
  return { mode: folder.mode, now: names, onDisk: new Map(names) };
}

function read(folder: string): FolderNode {
  const names = new Map<string, Node>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) names.set(entry.name, read(path));
    else if (entry.isFile()) {
      const bytes = readFileSync(path);
      names.set(entry.name, { now: bytes, onDisk: bytes, at: 0 });
    }
  }
  return { mode: statSync(folder).mode & 0o777, now: names, onDisk: new Map(names) };
}
