import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PIECE_BYTES = 16;

/** Looks for every 16-byte piece of secrets at every offset of a folder's files. */
export class PieceScanner {
  /** Each piece with the name of what it is part of. */
  private readonly pieces = new Map<string, string>();

  /** Looks for these bytes too; those shorter than a piece are refused, for they would never be found. */
  add(name: string, bytes: Uint8Array): void {
    if (bytes.length < PIECE_BYTES) throw new RangeError(`${name} is shorter than a piece`);
    const text = Buffer.from(bytes).toString('latin1');
    for (let at = 0; at + PIECE_BYTES <= text.length; at++)
      this.pieces.set(text.slice(at, at + PIECE_BYTES), name);
  }

  /** The names of what has a piece in any file of the folder. */
  found(folder: string): Set<string> {
    const names = new Set<string>();
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file)).toString('latin1');
      for (let at = 0; at + PIECE_BYTES <= text.length; at++) {
        const name = this.pieces.get(text.slice(at, at + PIECE_BYTES));
        if (name !== undefined) names.add(name);
      }
    }
    return names;
  }
}
