import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PIECE_BYTES = 16;

/** Up to this size every piece of a secret is looked for; of a longer one those that follow one another. */
const SHORT_BYTES = 64;

/** How many bits of a piece's first four bytes say whether it is worth a closer look. */
const SIEVE_BITS = 22;

/** Looks for the 16-byte pieces of secrets at every offset of a folder's files. */
export class PieceScanner {
  /** Each piece with the name of what it is part of. */
  private readonly pieces = new Map<string, string>();
  private readonly sieve = new Uint8Array(1 << SIEVE_BITS);

  /** Looks for these bytes too; those shorter than a piece are refused, for they would never be found. */
  add(name: string, bytes: Uint8Array): void {
    if (bytes.length < PIECE_BYTES) throw new RangeError(`${name} is shorter than a piece`);
    const secret = Buffer.from(bytes);
    const step = secret.length <= SHORT_BYTES ? 1 : PIECE_BYTES;
    for (let at = 0; at + PIECE_BYTES <= secret.length; at += step) {
      this.pieces.set(secret.toString('latin1', at, at + PIECE_BYTES), name);
      this.sieve[slot(secret.readUInt32LE(at))] = 1;
    }
  }

  /** The names of what has a piece in any file of the folder and of those in it. */
  found(folder: string): Set<string> {
    const names = new Set<string>();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) this.look(readFileSync(join(entry.parentPath, entry.name)), names);
    return names;
  }

  private look(bytes: Buffer, names: Set<string>): void {
    let window = bytes.length < PIECE_BYTES ? 0 : bytes.readUInt32LE(0);
    for (let at = 0; at + PIECE_BYTES <= bytes.length; at++) {
      if (this.sieve[slot(window)] === 1) {
        const name = this.pieces.get(bytes.toString('latin1', at, at + PIECE_BYTES));
        if (name !== undefined) names.add(name);
      }
      window = (window >>> 8) | ((bytes[at + 4] ?? 0) << 24);
    }
  }
}

/** A place in the sieve for four bytes. */
function slot(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - SIEVE_BITS);
}
