import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToUuid, uuidToBytes } from './index.js';

describe('UUIDs as bytes', () => {
  it('bytes and text turn into each other, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const uuid = bytesToUuid(bytes);

        expect(uuid).toBe(
          Buffer.from(bytes)
            .toString('hex')
            .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
        );
        expect([...uuidToBytes(uuid)]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    '',
    '11112222-3333-4444-8555-66667777888',
    '11112222-3333-4444-8555-6666777788889',
    '11112222-3333-4444-8555-66667777888g',
    '11112222-3333-4444-8555-66667777888Ā',
    'A1112222-3333-4444-8555-666677778888',
    '11112222033330444408555066667777888800',
    '11112222_3333_4444_8555_666677778888',
    '1111222233334444855566667777888811111',
  ])('a text that is no UUID in lower case is refused: %s', (text) => {
    expect(() => uuidToBytes(text)).toThrow(RangeError);
  });

  it('another number of bytes is refused', () => {
    expect(() => bytesToUuid(new Uint8Array(15))).toThrow(RangeError);
    expect(() => bytesToUuid(new Uint8Array(17))).toThrow(RangeError);
  });
});
