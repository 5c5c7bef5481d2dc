import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { hash, verify } from '@node-rs/argon2';
import { FairSemaphore } from './fair-semaphore.js';

/**
 * Argon2id (the library's default) with 19 MiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet. `isOutdated`
 * would notice another default by the hash's own words.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/**
 * How many hashes are computed at the same time, and how many may wait for how long, in milliseconds: a flood starves
 * nothing else (the whole process stands back, see tools/start.mjs), and nothing is computed for a caller who has given
 * up. The threads that compute are those of Node's pool, four of them.
 */
const PARALLEL = Math.min(4, Math.max(2, availableParallelism() - 1));
const MAX_WAITING = 128;
const MAX_WAIT_MS = 2_000;

/** Hashes and checks passwords, in threads of its own and never more than a few at a time. */
@Injectable()
export class PasswordHasher {
  private readonly semaphore = new FairSemaphore(PARALLEL, MAX_WAITING, MAX_WAIT_MS);

  /** Looks like a hash, and no password is known that fits it. */
  private readonly decoy = `${CURRENT}${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`;

  /** How many passwords wait to be hashed. */
  get waiting(): number {
    return this.semaphore.length;
  }

  /**
   * Hashes a password for storage.
   * @param user whose name the password belongs to: those who wait take turns by it
   * @returns PHC text
   * @throws {Refusal} SERVICE_UNAVAILABLE when too many wait
   */
  hash(user: string, password: string): Promise<string> {
    return this.semaphore.run(user.toLowerCase(), () => hash(normalize(password), PARAMETERS));
  }

  /**
   * Checks a password. Without a stored hash it checks against one that nothing fits: an unknown name takes as long
   * as a wrong password.
   * @param user as with `hash`
   * @throws {Refusal} SERVICE_UNAVAILABLE when too many wait
   */
  async fits(user: string, password: string, stored: string | undefined): Promise<boolean> {
    // Longer than any that was ever set: refused after the same work.
    const isPossible = password.length <= LIMITS.passwordUnits;
    const tried = isPossible ? password : password.slice(0, LIMITS.passwordUnits);
    const fits = await this.semaphore.run(user.toLowerCase(), () =>
      verify(stored ?? this.decoy, normalize(tried)),
    );
    return fits && isPossible && stored !== undefined;
  }

  /** Whether a stored hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(CURRENT);
  }
}

function normalize(password: string): string {
  return password.normalize('NFKC');
}

/** Base64 as PHC text has it. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
