import { closeSync, openSync, readSync } from 'node:fs';

/** A piece: shorter ones would be found by chance, longer ones would miss what was half overwritten. */
export const PIECE_BYTES = 16;

const CHUNK_BYTES = 4 * 1024 * 1024;
const FILTER_BITS = 22;

/** What is looked for; the label is all that a report says of it. */
export interface Needle {
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** The first place of a needle, and how many of its pieces were found. */
interface Hit {
  readonly label: string;
  readonly offset: number;
  pieces: number;
}

/**
 * Returns base64 of bytes that stand at any place of a longer row of bytes: three alignments, without the characters at both
 * ends that depend on the neighbours.
 */
function base64AtEveryAlignment(bytes: Uint8Array): string[] {
  return [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    const text = whole.toString('base64').replace(/=+$/, '');
    const first = shift === 0 ? 0 : shift + 1;
    return text.slice(first, whole.length % 3 === 0 ? undefined : -1);
  });
}

/**
 * Returns all forms in which bytes may have been written: as they are, in hex of both cases, in both base64 alphabets at
 * every alignment.
 */
export function formsOfBytes(label: string, bytes: Uint8Array): Needle[] {
  const hex = Buffer.from(bytes).toString('hex');
  const texts = [hex, hex.toUpperCase()];
  for (const text of base64AtEveryAlignment(bytes))
    texts.push(text, text.replaceAll('+', '-').replaceAll('/', '_'));
  return [{ label, bytes }, ...[...new Set(texts)].map((text) => ({ label, bytes: Buffer.from(text) }))];
}

/** Returns all forms of a text: UTF-8, UTF-16 of both byte orders, and what `formsOfBytes` makes of the first two. */
export function formsOfText(label: string, text: string): Needle[] {
  const wide = Buffer.from(text, 'utf16le');
  return [
    ...formsOfBytes(label, Buffer.from(text)),
    ...formsOfBytes(label, wide),
    { label, bytes: Buffer.from(wide).swap16() },
  ];
}

/**
 * Finds pieces of known bytes in files, at every offset and in every form that text and keys are written in: all needles
 * at once, in time that does not depend on their number.
 */
export class Scanner {
  /** By the piece as latin1 text. */
  private readonly pieces = new Map<string, string>();
  /** Which hashes of four bytes begin a piece: nearly every place of a file is passed over by this alone. */
  private readonly filter = new Uint8Array(2 ** (FILTER_BITS - 3));

  /** @param needles those shorter than a piece are refused: they would be found by chance or never */
  constructor(needles: Iterable<Needle>) {
    for (const { label, bytes } of needles) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (buffer.length < PIECE_BYTES) throw new RangeError(`too short to be looked for: ${label}`);
      for (let at = 0; at + PIECE_BYTES <= buffer.length; at += 1) {
        const piece = buffer.toString('latin1', at, at + PIECE_BYTES);
        if (!this.pieces.has(piece)) this.pieces.set(piece, label);
        const hash = hashOf(buffer.readUInt32LE(at));
        this.filter[hash >>> 3] = (this.filter[hash >>> 3] ?? 0) | (1 << (hash & 7));
      }
    }
  }

  /** How many different pieces are looked for. */
  get size(): number {
    return this.pieces.size;
  }

  /** Returns the pieces in bytes, one hit per label. */
  inBytes(bytes: Uint8Array): Hit[] {
    const hits = new Map<string, Hit>();
    this.scan(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, hits);
    return [...hits.values()];
  }

  /**
   * Returns the pieces in a file, one hit per label; a file that has gone meanwhile holds nothing.
   * @throws when it cannot be read
   */
  inFile(file: string): Hit[] {
    const hits = new Map<string, Hit>();
    let descriptor;
    try {
      descriptor = openSync(file, 'r');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
    try {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      let kept = 0;
      let offset = 0;
      for (;;) {
        const length = kept + readSync(descriptor, buffer, kept, CHUNK_BYTES - kept, offset + kept);
        this.scan(buffer.subarray(0, length), offset, hits);
        if (length === kept) break;
        // The last bytes may begin a piece that ends in the next chunk.
        kept = Math.min(PIECE_BYTES - 1, length);
        buffer.copyWithin(0, length - kept, length);
        offset += length - kept;
      }
    } finally {
      closeSync(descriptor);
    }
    return [...hits.values()];
  }

  private scan(buffer: Buffer, base: number, hits: Map<string, Hit>): void {
    if (buffer.length < PIECE_BYTES || this.pieces.size === 0) return;
    let word = buffer.readUInt32LE(0);
    const last = buffer.length - PIECE_BYTES;
    for (let at = 0; at <= last; at += 1) {
      const hash = hashOf(word);
      if (((this.filter[hash >>> 3] ?? 0) & (1 << (hash & 7))) !== 0) {
        const label = this.pieces.get(buffer.toString('latin1', at, at + PIECE_BYTES));
        if (label !== undefined) {
          const hit = hits.get(label);
          if (hit) hit.pieces += 1;
          else hits.set(label, { label, offset: base + at, pieces: 1 });
        }
      }
      word = (word >>> 8) | ((buffer[at + 4] ?? 0) << 24);
    }
  }
}

function hashOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - FILTER_BITS);
}
