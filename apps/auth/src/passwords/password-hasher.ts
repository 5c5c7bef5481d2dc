import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { hash, verify } from '@node-rs/argon2';
import { FairSemaphore } from './fair-semaphore.js';

/**
 * Argon2id (the library's default) with 19 MiB, 2 passes, 1 lane, after OWASP's Password Storage Cheat Sheet. A hash names
 * its algorithm, so `isOutdated` would notice another default.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/**
 * How many hashes are computed at once, how many may wait, and for how long in milliseconds: a flood leaves the machine to
 * other processes (this one runs at a lower priority, see tools/start.mjs), and nothing is computed for a caller who has
 * given up. Hashes are computed by the four threads of Node's pool.
 */
const PARALLEL = Math.min(4, Math.max(2, availableParallelism() - 1));
const MAX_WAITING = 128;
const MAX_WAIT_MS = 2_000;

/** Hashes and checks passwords in other threads, a few at a time. */
@Injectable()
export class PasswordHasher {
  private readonly semaphore = new FairSemaphore(PARALLEL, MAX_WAITING, MAX_WAIT_MS);

  /** A hash that no known password matches. */
  private readonly decoy = `${CURRENT}${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`;

  /** The number of passwords that wait to be hashed. */
  get waiting(): number {
    return this.semaphore.length;
  }

  /**
   * Hashes a password for storage.
   * @param user the account's name: waiting work is shared fairly between names
   * @returns PHC text
   * @throws {ApiError} SERVICE_UNAVAILABLE when too many wait
   */
  hash(user: string, password: string): Promise<string> {
    return this.semaphore.run(user.toLowerCase(), () => hash(normalize(password), PARAMETERS));
  }

  /**
   * Checks a password. Without a stored hash it checks against one that no password matches: an unknown name takes as
   * long as a wrong password.
   * @param user as with `hash`
   * @throws {ApiError} SERVICE_UNAVAILABLE when too many wait
   */
  async matches(user: string, password: string, stored: string | undefined): Promise<boolean> {
    // Longer than any password that can be set: refused after the same work.
    const isPossible = password.length <= LIMITS.passwordUnits;
    const tried = isPossible ? password : password.slice(0, LIMITS.passwordUnits);
    const isMatch = await this.semaphore.run(user.toLowerCase(), () =>
      verify(stored ?? this.decoy, normalize(tried)),
    );
    return isMatch && isPossible && stored !== undefined;
  }

  /** Whether a stored hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(CURRENT);
  }
}

function normalize(password: string): string {
  return password.normalize('NFKC');
}

/** Encodes in Base64 without padding, as the PHC format does. */
function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
