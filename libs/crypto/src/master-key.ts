import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { hkdf, KEY_BYTES } from './hkdf.js';

const WRAP_LABEL = 'secure-chat/wrap/v1';
const LOOKUP_LABEL = 'secure-chat/lookup/v1';
const CHECK_LABEL = 'secure-chat/check/v1';
const CHECK_BYTES = 16;
const MAX_VERSION = 0xffff_ffff;
const NO_SALT = new Uint8Array(0);

/** 32 bytes in base64 have 44 characters. */
const LINE = /^v([1-9][0-9]{0,9}):([A-Za-z0-9+/]{43}=)$/;

/**
 * The keys that are derived from one version of the master key. The master key itself is only input of HKDF and is not
 * kept. The derived keys are objects that cannot be printed.
 */
export interface MasterKey {
  /** 1 to 2^32 - 1. */
  readonly version: number;
  /** Wraps chat keys. */
  readonly wrappingKey: KeyObject;
  /** Computes the index by which a chat key is found. */
  readonly lookupKey: KeyObject;
  /** 16 bytes that may be stored: they detect a wrong master key and reveal nothing else. */
  readonly check: Buffer;
}

/**
 * Thrown for a master key file that cannot be used. Its message names the line and the error, never the line's content.
 */
export class MasterKeyFormatError extends Error {
  override readonly name = 'MasterKeyFormatError';
}

/** The live versions of the master key. */
export class MasterKeys {
  /** The version that wraps new keys: the highest one. */
  readonly current: MasterKey;

  /**
   * @param versions at least one, ascending
   * @throws {MasterKeyFormatError} if there is none
   */
  constructor(readonly versions: readonly MasterKey[]) {
    const current = versions.at(-1);
    if (!current) throw new MasterKeyFormatError('the master key file holds no key');
    this.current = current;
  }

  /** Returns a version, if it is live. */
  get(version: number): MasterKey | undefined {
    return this.versions.find((masterKey) => masterKey.version === version);
  }
}

/**
 * Generates a line of the master key file, without a line break: `vN:` and 32 random bytes in base64.
 * @param version 1 to 2^32 - 1
 * @throws {RangeError} for another version
 */
export function createMasterKeyLine(version: number): string {
  if (!Number.isInteger(version) || version < 1 || version > MAX_VERSION)
    throw new RangeError('a master key version is 1 to 2^32 - 1');
  return `v${version}:${randomBytes(KEY_BYTES).toString('base64')}`;
}

/**
 * Parses a master key file.
 * @param fileText one `vN:base64` line per version, in any order; blank lines are ignored
 * @throws {MasterKeyFormatError} for an invalid line, a duplicate version, or a file without a key
 */
export function parseMasterKeys(fileText: string): MasterKeys {
  const found = new Map<number, MasterKey>();
  fileText.split('\n').forEach((text, i) => {
    const line = text.trim();
    if (line === '') return;
    const masterKey = parseLine(line, i + 1);
    if (found.has(masterKey.version))
      throw new MasterKeyFormatError(`line ${i + 1} of the master key file: its version stands there twice`);
    found.set(masterKey.version, masterKey);
  });
  return new MasterKeys([...found.values()].sort((a, b) => a.version - b.version));
}

function parseLine(line: string, number: number): MasterKey {
  const [, version = '', base64 = ''] = LINE.exec(line) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  // Encode it again and compare, so that unused bits do not give one key two texts.
  if (Number(version) > MAX_VERSION || bytes.length !== KEY_BYTES || bytes.toString('base64') !== base64)
    throw new MasterKeyFormatError(
      `line ${number} of the master key file is not "vN:" followed by ${KEY_BYTES} bytes in base64`,
    );
  const masterKey = {
    version: Number(version),
    wrappingKey: createSecretKey(hkdf(bytes, NO_SALT, WRAP_LABEL, KEY_BYTES)),
    lookupKey: createSecretKey(hkdf(bytes, NO_SALT, LOOKUP_LABEL, KEY_BYTES)),
    check: hkdf(bytes, NO_SALT, CHECK_LABEL, CHECK_BYTES),
  };
  bytes.fill(0);
  return masterKey;
}
