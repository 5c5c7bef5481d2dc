import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { open, OpenError, seal } from './aead.js';
import { hkdf } from './hkdf.js';
import { lookupIndex } from './key-wrap.js';

type Vector<Field extends string> = Record<Field | 'source', string>;

const published = JSON.parse(readFileSync(new URL('vectors/published.json', import.meta.url), 'utf8')) as {
  hkdf: Vector<'ikm' | 'salt' | 'info' | 'okm'>[];
  gcm: Vector<'key' | 'nonce' | 'plain' | 'context' | 'ciphertext' | 'tag'>[];
  hmac: Vector<'key' | 'data' | 'mac'>[];
};

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('the primitives as they are used here', () => {
  it.each(published.hkdf)('HKDF-SHA-256 gives the published bytes: $source', ({ ikm, salt, info, okm }) => {
    expect(hkdf(hex(ikm), hex(salt), hex(info), okm.length / 2).toString('hex')).toBe(okm);
  });

  it.each(published.gcm)('AES-256-GCM opens the published bytes: $source', (vector) => {
    const key = createSecretKey(hex(vector.key));
    const sealed = hex(vector.nonce + vector.ciphertext + vector.tag);

    expect(open(key, 0, sealed, hex(vector.context)).toString('hex')).toBe(vector.plain);
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => open(key, 0, sealed, hex(vector.context))).toThrow(OpenError);
  });

  it.each(published.gcm)('AES-256-GCM opens what it sealed itself: $source', (vector) => {
    const key = createSecretKey(hex(vector.key));
    const sealed = seal(key, Uint8Array.of(7), hex(vector.plain), hex(vector.context));

    expect(sealed[0]).toBe(7);
    expect(open(key, 1, sealed, hex(vector.context)).toString('hex')).toBe(vector.plain);
  });

  it.each(published.hmac)('HMAC-SHA-256 gives the published bytes: $source', ({ key, data, mac }) => {
    expect(lookupIndex(hex(data), { lookupKey: createSecretKey(hex(key)) }).toString('hex')).toBe(mac);
  });
});
