import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formsOfBytes, formsOfText, PIECE_BYTES, Scanner } from './scanner.js';

const TEXT = 'kurz: Schöne Grüße, 日本 😀';
const between = (bytes: Uint8Array, before = 7): Buffer =>
  Buffer.concat([randomBytes(before), bytes, randomBytes(9)]);
const scanner = new Scanner(formsOfText('text', TEXT));

describe('the scanner', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-16LE', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16BE', Buffer.from(TEXT, 'utf16le').swap16()],
    ['hex', Buffer.from(Buffer.from(TEXT).toString('hex'))],
    ['upper-case hex', Buffer.from(Buffer.from(TEXT).toString('hex').toUpperCase())],
    ['hex of UTF-16LE', Buffer.from(Buffer.from(TEXT, 'utf16le').toString('hex'))],
  ])('finds a text, when it stands there in %s', (_form, bytes) => {
    const hits = scanner.inBytes(between(bytes));

    expect(hits).toMatchObject([{ label: 'text', offset: 7 }]);
  });

  it.each(
    [0, 1, 2, 3, 4, 5].flatMap((shift) =>
      (['base64', 'base64url'] as const).map((form) => [shift, form] as const),
    ),
  )('finds bytes, when they stand %i bytes into something in %s', (shift, form) => {
    const bytes = Buffer.from('fbff3e7ffbfffe00112233445566778899aabbccfbffff', 'hex');
    const encoded = Buffer.concat([randomBytes(shift), bytes, randomBytes(5)]).toString(form);

    const hits = new Scanner(formsOfBytes('key', bytes)).inBytes(Buffer.from(encoded));

    expect(hits).toHaveLength(1);
  });

  it('finds a piece, when all but 16 bytes are overwritten', () => {
    const secret = randomBytes(200);
    // Every other bit: a random byte would be the right one now and then.
    const bytes = Buffer.from(
      secret.map((byte, i) => (i >= 101 && i < 101 + PIECE_BYTES ? byte : byte ^ 0xff)),
    );

    expect(new Scanner([{ label: 'row', bytes: secret }]).inBytes(bytes)).toEqual([
      { label: 'row', offset: 101, pieces: 1 },
    ]);
  });

  it('finds nothing, when one byte of every piece is another', () => {
    const secret = randomBytes(200);
    const bytes = Buffer.from(secret);
    for (let at = 15; at < bytes.length; at += PIECE_BYTES) bytes[at] = (bytes[at] ?? 0) ^ 1;

    expect(new Scanner([{ label: 'row', bytes: secret }]).inBytes(bytes.subarray(0, 192))).toEqual([]);
  });

  it('finds a needle, when it lies across the border of two chunks of a large file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'secure-chat-scanner-'));
    try {
      const chunk = 4 * 1024 * 1024;
      const bytes = Buffer.alloc(2 * chunk + 100);
      const places = [chunk - PIECE_BYTES, chunk + 1, 2 * chunk - 31].map((offset) => {
        const secret = randomBytes(PIECE_BYTES);
        secret.copy(bytes, offset);
        return { label: String(offset), bytes: secret, offset };
      });
      writeFileSync(join(folder, 'large'), bytes);

      const hits = new Scanner(places).inFile(join(folder, 'large'));

      expect(hits).toEqual(places.map(({ label, offset }) => ({ label, offset, pieces: 1 })));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('holds a file for empty, when it has gone meanwhile', () => {
    expect(scanner.inFile('/does/not/exist')).toEqual([]);
  });

  it('refuses a needle, when it is too short to be told from chance', () => {
    expect(() => new Scanner(formsOfText('text', 'short'))).toThrow(RangeError);
  });
});
