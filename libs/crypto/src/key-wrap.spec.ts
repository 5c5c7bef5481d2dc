import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createChatKey,
  createMasterKeyLine,
  lookupIndex,
  OpenError,
  parseMasterKeys,
  unwrapChatKey,
  wrapChatKey,
  wrappedKeyVersion,
} from './index.js';

const masterKeys = parseMasterKeys(`${createMasterKeyLine(1)}\n${createMasterKeyLine(2)}`);
const [old = masterKeys.current] = masterKeys.versions;
const chatId = randomBytes(16);
const chatKey = createChatKey();

describe('a wrapped chat key', () => {
  it('unwraps under the version it names, old or current', () => {
    for (const masterKey of [old, masterKeys.current]) {
      const wrapped = wrapChatKey(chatKey, masterKey, chatId);

      expect(wrapped.length).toBe(65);
      expect(wrappedKeyVersion(wrapped)).toBe(masterKey.version);
      expect(unwrapChatKey(wrapped, masterKeys, chatId)).toEqual(chatKey);
    }
  });

  it('is refused when any bit was flipped', () => {
    const wrapped = wrapChatKey(chatKey, masterKeys.current, chatId);

    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => unwrapChatKey(changed, masterKeys, chatId)).toThrow(OpenError);
    }
  });

  it('is refused for another chat, a chat id of another length, and under another key of the same version', () => {
    const wrapped = wrapChatKey(chatKey, masterKeys.current, chatId);
    const others = parseMasterKeys(createMasterKeyLine(2));

    expect(() => unwrapChatKey(wrapped, masterKeys, randomBytes(16))).toThrow(OpenError);
    expect(() => unwrapChatKey(wrapped, masterKeys, chatId.subarray(1))).toThrow(OpenError);
    expect(() => unwrapChatKey(wrapped, others, chatId)).toThrow(OpenError);
  });

  it('is refused when its version is no longer live', () => {
    const wrapped = wrapChatKey(chatKey, masterKeys.current, chatId);

    expect(() => unwrapChatKey(wrapped, parseMasterKeys(createMasterKeyLine(1)), chatId)).toThrow(OpenError);
  });

  it('is refused when it is something else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(() => unwrapChatKey(bytes, masterKeys, chatId)).toThrow(OpenError);
      }),
    );
  });

  it('is another one each time', () => {
    const one = wrapChatKey(chatKey, masterKeys.current, chatId);
    const other = wrapChatKey(chatKey, masterKeys.current, chatId);

    expect(one.equals(other)).toBe(false);
  });

  it('is not made of a key or for a chat of another length', () => {
    expect(() => wrapChatKey(chatKey.subarray(1), masterKeys.current, chatId)).toThrow(RangeError);
    expect(() => wrapChatKey(chatKey, masterKeys.current, chatId.subarray(1))).toThrow(RangeError);
  });
});

describe('the lookup index', () => {
  it('is the same for the same key and differs for another chat key or master key', () => {
    const index = lookupIndex(chatKey, masterKeys.current);

    expect(index.length).toBe(32);
    expect(lookupIndex(chatKey, masterKeys.current)).toEqual(index);
    expect(lookupIndex(createChatKey(), masterKeys.current)).not.toEqual(index);
    expect(lookupIndex(chatKey, old)).not.toEqual(index);
  });
});
