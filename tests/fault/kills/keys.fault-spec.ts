import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createMasterKeyLine,
  lookupIndex,
  parseMasterKeys,
  unwrapChatKey,
  uuidToBytes,
  wrapChatKey,
} from '@app/crypto';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { replaceFolder, run, unpackedInstallation } from './installation.js';
import type { Case } from './lanes.js';
import { everyCall, everyImage, whereTraced } from './matrix.js';
import type { Traced } from './traced.js';

const MINUTE = 60_000;

let folder: ReturnType<typeof unpackedInstallation>;
let template: string;
/** The installation once chat has wrapped every key under a second version. */
let rotated: string;
let firstLine: string;
let secondLine: string;

beforeAll(() => {
  folder = unpackedInstallation();
  template = join(folder.path, 'stopped');
  rotated = join(folder.path, 'rotated');
  replaceFolder(rotated, template);
  firstLine = readFileSync(join(template, 'master.key'), 'utf8');
  secondLine = `${createMasterKeyLine(2)}\n`;
  const keys = parseMasterKeys(firstLine + secondLine);
  const db = new Database(join(rotated, 'chat.db'));
  const rows = db.prepare('SELECT chat_id, wrapped_key FROM chat_keys').all() as {
    chat_id: string;
    wrapped_key: Buffer;
  }[];
  const update = db.prepare(
    'UPDATE chat_keys SET key_version = 2, lookup = ?, wrapped_key = ? WHERE chat_id = ?',
  );
  for (const { chat_id: id, wrapped_key: wrapped } of rows) {
    const key = unwrapChatKey(wrapped, keys, uuidToBytes(id));
    update.run(lookupIndex(key, keys.current), wrapChatKey(key, keys.current, uuidToBytes(id)), id);
  }
  db.prepare('DELETE FROM master_key_checks').run();
  db.prepare('INSERT INTO master_key_checks VALUES (2, ?)').run(keys.current.check);
  db.close();
  writeFileSync(join(rotated, 'master.key'), firstLine + secondLine);
});
afterAll(() => folder.remove());

const rotation = (data: string): Traced => ({
  args: ['tools/secure-chat.mjs', 'keys-rotate'],
  env: { DATA_DIR: data },
});
const keyText = (data: string): string => readFileSync(join(data, 'master.key'), 'utf8');
const hasOldFile = (data: string): boolean => readdirSync(data).some((name) => name.endsWith('.old'));

/** Throws unless another run ends, and the new key alone is left. */
async function requireSecondAlone(data: string): Promise<void> {
  const { current, versions } = parseMasterKeys(keyText(data));
  expect(current.version).toBe(2);
  // Where it had done all, another run would begin with the next version.
  if (versions.length > 1 || hasOldFile(data)) await run(rotation(data));
  expect(keyText(data)).toBe(secondLine);
  expect(readdirSync(data).filter((name) => /master\.key.+/.test(name))).toEqual([]);
}

function destroying(lane: string): Case {
  const data = join(lane, 'data');
  return {
    program: rotation(data),
    prepare: () => replaceFolder(data, rotated),
    check: () => requireSecondAlone(data),
  };
}

whereTraced('npm run keys:rotate, interrupted anywhere', { timeout: 60 * MINUTE }, () => {
  it('never loses the old key while a new one is added', async () => {
    await everyCall('keys:rotate, adding a key', folder.path, (lane) => {
      const data = join(lane, 'data');
      return {
        program: rotation(data),
        prepare: () => replaceFolder(data, template),
        // It waits for chat then.
        until: () => keyText(data).split('\n').length > 2 && !hasOldFile(data),
        check: async () => {
          parseMasterKeys(keyText(data));
          expect(keyText(data).startsWith(firstLine)).toBe(true);
        },
      };
    });
  });

  it('never loses the new key while the old one is destroyed, and a second run finishes it', async () => {
    await everyCall('keys:rotate, destroying a key', folder.path, destroying);
  });

  it('has lost no key after a power cut at any moment, whatever was not synced', async () => {
    await everyImage('keys:rotate, destroying a key', folder.path, destroying, ({ files }) => {
      const keys = parseMasterKeys(String(files.get('data/master.key')));
      expect(keys.get(2), 'the new key is on the disk').toBeDefined();
    });
  });
});
