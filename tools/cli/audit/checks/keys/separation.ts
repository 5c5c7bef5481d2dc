import { readFileSync } from 'node:fs';
import { parseMasterKeys, unwrapChatKey } from '@app/crypto';
import { megabytes } from '../../../progress.js';
import type { Canaries } from '../../canaries/canaries.js';
import { keyForms } from '../../canaries/key-forms.js';
import { blob, idBytes, STORE_NAMES, type DataFolder } from '../../data-folder.js';
import type { Outcome } from '../../report.js';
import { formsOfBytes, Scanner, type Needle } from '../../scanner.js';
import { scanFiles } from '../files.js';
import { locksOf } from './locks.js';
import { opens } from './sealing.js';

const KEY_BYTES = 32;
/** Keys of other chats that are looked for, the newest first. */
const OTHER_CHATS = 1_000;
/** Rows of each table whose values are tried as keys. */
const ROWS_TRIED = 200;

/**
 * Checks that one store alone opens nothing, and both without the master key neither (promise 6): by the bytes of the
 * keys, which must stand nowhere, and by really trying whatever is stored as a key.
 * @param limitMs for the tries
 */
export function separation(folder: DataFolder, canaries: Canaries, limitMs: number): Outcome {
  const others = keysOfOthers(folder);
  const scanner = new Scanner([...canaries.keyNeedles(), ...others.needles]);
  const logs = new Set(folder.logFiles());
  const files = folder.files().filter((file) => !logs.has(file) && file !== folder.masterKeyFile);
  const { findings, bytes } = scanFiles(scanner, files, (file) => folder.nameOf(file));

  const deadline = performance.now() + limitMs;
  const tried = new Set<string>();
  let inTime = true;
  const locks = locksOf(folder, canaries);
  // What cannot be opened by its own key shows nothing when it stays shut. (Of messages `sealing` shows that.)
  for (const { what, key, open } of locks)
    if (key && !opens(() => open(key)))
      findings.push(`the control failed: ${what}, does not open by the right key`);
  for (const store of STORE_NAMES)
    for (const value of folder.storedValues(store, ROWS_TRIED))
      for (const key of keysIn(value)) {
        const name = key.toString('latin1');
        if (tried.has(name)) continue;
        inTime &&= performance.now() < deadline;
        if (!inTime) break;
        tried.add(name);
        for (const lock of locks)
          if (opens(() => lock.open(key))) findings.push(`a value in ${store}.db opens ${lock.what}`);
      }
  const scope = inTime ? '' : ', as many as the time allowed';
  return {
    says: `no key of ${others.chats} chats in ${megabytes(bytes)}, and none of ${tried.size} stored values opens anything${scope}`,
    findings,
  };
}

/** Lists what a stored value could be as a key: itself, and what it says in hex or base64, at every offset. */
function* keysIn(value: Buffer): Generator<Buffer> {
  const text = value.toString('latin1');
  const readings = [value];
  for (const [hex] of text.matchAll(/[0-9a-fA-F]{64,}/g)) readings.push(Buffer.from(hex, 'hex'));
  for (const [base64] of text.matchAll(/[A-Za-z0-9+/_-]{43,}/g)) readings.push(Buffer.from(base64, 'base64'));
  for (const reading of readings)
    for (let at = 0; at + KEY_BYTES <= reading.length; at += 1) yield reading.subarray(at, at + KEY_BYTES);
}

/** Returns the keys of other chats, as the operator's master key opens them; none where it cannot be read. */
function keysOfOthers(folder: DataFolder): { needles: Needle[]; chats: number } {
  let text;
  try {
    text = readFileSync(folder.masterKeyFile, 'utf8');
  } catch {
    return { needles: [], chats: 0 };
  }
  const masterKeys = parseMasterKeys(text);
  const needles = [...text.matchAll(/^v\d+:(\S+)$/gm)].flatMap(([, base64 = '']) =>
    formsOfBytes('master key', Buffer.from(base64, 'base64')),
  );
  const sql = 'SELECT chat_id, wrapped_key FROM chat_keys ORDER BY rowid DESC LIMIT ?';
  const rows = folder.rows('chat', sql, OTHER_CHATS);
  for (const row of rows)
    try {
      const id = String(row['chat_id']);
      const chatKey = unwrapChatKey(blob(row, 'wrapped_key'), masterKeys, idBytes(id));
      needles.push(...keyForms(chatKey, id));
    } catch {
      // A damaged row, or one of another master key: nobody opens it.
    }
  return { needles, chats: rows.length };
}
