import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PIECE_BYTES = 16;

/** Secrets up to this size are split into overlapping pieces at every offset, longer ones into consecutive pieces. */
const SHORT_BYTES = 64;

/** The size of the filter: how many bits of a hash of a piece's first four bytes it uses. */
const FILTER_BITS = 22;

/** Searches a folder's files for 16-byte pieces of secrets, at every offset. */
export class PieceScanner {
  /** The name of each piece's secret. */
  private readonly pieces = new Map<string, string>();
  /** 1 where a piece's first four bytes have this hash: a cheap test before the lookup in `pieces`. */
  private readonly filter = new Uint8Array(1 << FILTER_BITS);

  /** Adds a secret. Throws a RangeError for one that is shorter than a piece, which could not be found. */
  add(name: string, bytes: Uint8Array): void {
    if (bytes.length < PIECE_BYTES) throw new RangeError(`${name} is shorter than a piece`);
    const secret = Buffer.from(bytes);
    const step = secret.length <= SHORT_BYTES ? 1 : PIECE_BYTES;
    for (let at = 0; at + PIECE_BYTES <= secret.length; at += step) {
      this.pieces.set(secret.toString('latin1', at, at + PIECE_BYTES), name);
      this.filter[slot(secret.readUInt32LE(at))] = 1;
    }
  }

  /** Returns the names of the secrets of which a piece is in a file of the folder or its subfolders. */
  found(folder: string): Set<string> {
    const names = new Set<string>();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) this.scan(readFileSync(join(entry.parentPath, entry.name)), names);
    return names;
  }

  private scan(bytes: Buffer, names: Set<string>): void {
    let window = bytes.length < PIECE_BYTES ? 0 : bytes.readUInt32LE(0);
    for (let at = 0; at + PIECE_BYTES <= bytes.length; at++) {
      if (this.filter[slot(window)] === 1) {
        const name = this.pieces.get(bytes.toString('latin1', at, at + PIECE_BYTES));
        if (name !== undefined) names.add(name);
      }
      window = (window >>> 8) | ((bytes[at + 4] ?? 0) << 24);
    }
  }
}

/** Returns the index of four bytes in the filter. */
function slot(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - FILTER_BITS);
}
