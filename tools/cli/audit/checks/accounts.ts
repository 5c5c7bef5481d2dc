import { createHash } from 'node:crypto';
import { STORE_NAMES, type DataFolder } from '../data-folder.js';
import type { Outcome } from '../report.js';

/** 256 bits in base64url. */
const TOKEN = /(?=([A-Za-z0-9_-]{43}))/g;
const ROWS_TRIED = 5_000;
const MIN_MEMORY_KIB = 19 * 1024;

/** Checks that no stored value is the token of a session: each one that looks like a token is digested and compared. */
export function sessions(folder: DataFolder): Outcome {
  const digests = new Set(
    folder.rows('auth', 'SELECT digest FROM sessions').map(({ digest }) => String(digest)),
  );
  const findings: string[] = [];
  let tried = 0;
  for (const digest of digests)
    if (!/^[0-9a-f]{64}$/.test(digest)) findings.push('a session is stored under no digest');
  for (const store of STORE_NAMES)
    for (const value of folder.storedValues(store, ROWS_TRIED)) {
      const candidates = [...value.toString('latin1').matchAll(TOKEN)].map(([, text]) => text ?? '');
      if (value.length === 32) candidates.push(value.toString('base64url'));
      for (const candidate of candidates) {
        tried += 1;
        if (digests.has(createHash('sha256').update(candidate).digest('hex')))
          findings.push(`a session's token stands in ${store}.db`);
      }
    }
  return { says: `none of ${tried} stored values is the token of one of ${digests.size} sessions`, findings };
}

/** Checks that every password is hashed by Argon2id with 19 MiB or more. */
export function passwordHashes(folder: DataFolder): Outcome {
  const rows = folder.rows('auth', 'SELECT password_hash FROM users');
  const weak = rows.filter(({ password_hash: hash }) => {
    const [, memory] =
      /^\$argon2id\$v=19\$m=(\d+),t=\d+,p=\d+\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{22,}$/.exec(String(hash)) ??
      [];
    return !(Number(memory) >= MIN_MEMORY_KIB);
  });
  return {
    says: `the passwords of ${rows.length} accounts are hashed by Argon2id with 19 MiB or more`,
    findings: weak.length === 0 ? [] : [`${weak.length} accounts have no such hash`],
  };
}
