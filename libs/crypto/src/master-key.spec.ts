import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createMasterKeyLine, MasterKeyFormatError, parseMasterKeys } from './index.js';

const SECRET = Buffer.alloc(32, 0x5a).toString('base64');

describe('the master key file', () => {
  it('gives its versions ascending, the highest as the current one, in whatever order they stand', () => {
    const keys = parseMasterKeys(`\n${createMasterKeyLine(10)}\r\n\n  ${createMasterKeyLine(2)}  \n`);

    expect(keys.versions.map(({ version }) => version)).toEqual([2, 10]);
    expect(keys.current.version).toBe(10);
    expect(keys.get(2)?.version).toBe(2);
    expect(keys.get(3)).toBeUndefined();
  });

  it('gives sub-keys that differ from each other and between two master keys', () => {
    const [a, b] = parseMasterKeys(`${createMasterKeyLine(1)}\n${createMasterKeyLine(2)}`).versions;

    const all = [a, b].flatMap((k) => [
      k?.wrappingKey.export().toString('hex'),
      k?.lookupKey.export().toString('hex'),
    ]);
    expect(new Set(all).size).toBe(4);
    expect(a?.check).not.toEqual(b?.check);
    expect(a?.check.length).toBe(16);
  });

  it('prints no key', () => {
    const keys = parseMasterKeys(`v1:${SECRET}`);
    const derived = [keys.current.wrappingKey, keys.current.lookupKey].map((key) => key.export());

    const printed = inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify(keys);
    for (const bytes of [Buffer.from(SECRET, 'base64'), ...derived])
      for (const text of [
        bytes.toString('hex'),
        bytes.toString('base64'),
        [...bytes.subarray(0, 8)].join(','),
      ])
        expect(printed).not.toContain(text);
  });

  it.each([
    ['nothing', ''],
    ['only blank lines', '\n \n'],
    ['no version', SECRET],
    ['version 0', `v0:${SECRET}`],
    ['a version with a leading zero', `v01:${SECRET}`],
    ['a version beyond 32 bits', `v4294967296:${SECRET}`],
    ['a key that is too short', `v1:${Buffer.alloc(31, 0x5a).toString('base64')}`],
    ['a key that is too long', `v1:${Buffer.alloc(33, 0x5a).toString('base64')}`],
    ['base64url', `v1:${Buffer.alloc(32, 0xff).toString('base64url')}=`],
    ['slack bits', `v1:${SECRET.slice(0, -2)}p=`],
    ['a character that is no base64', `v1:${SECRET.replace('W', '!')}`],
    ['the same version twice', `v1:${SECRET}\nv1:${SECRET}`],
    ['one good line and a bad one', `v1:${SECRET}\nv2:${SECRET.slice(4)}`],
  ])('is refused without repeating it: %s', (_, text) => {
    let refusal: unknown;
    try {
      parseMasterKeys(text);
    } catch (error) {
      refusal = error;
    }

    expect(refusal).toBeInstanceOf(MasterKeyFormatError);
    expect(inspect(refusal)).not.toContain(SECRET.slice(8, 16));
  });

  it.each([0, -1, 1.5, NaN, 2 ** 32])('no line is made for version %d', (version) => {
    expect(() => createMasterKeyLine(version)).toThrow(RangeError);
  });
});
