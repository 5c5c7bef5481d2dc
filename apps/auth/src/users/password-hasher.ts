import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { unavailable } from '@app/platform';

/**
 * Argon2id (the library's default) with 19 MiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet. `isOutdated`
 * would notice another default by the hash's own words.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = `$argon2id$v=19$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}$`;

/**
 * How many hashes are computed at the same time, and how many may wait: a flood starves nothing else, and who waits is
 * served before the caller gives up.
 */
const PARALLEL = 2;
const MAX_WAITING = 64;

/** Hashes and checks passwords, in threads of its own and never more than a few at a time. */
@Injectable()
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private decoy: Promise<string> | undefined;

  /**
   * Hashes a password for storage.
   * @returns PHC text
   * @throws {Refusal} SERVICE_UNAVAILABLE when too many wait
   */
  hash(password: string): Promise<string> {
    return this.turn(() => hash(normalize(password), PARAMETERS));
  }

  /**
   * Checks a password. Without a stored hash it checks against one that nothing fits: an unknown name takes as long
   * as a wrong password.
   * @throws {Refusal} SERVICE_UNAVAILABLE when too many wait
   */
  async fits(password: string, stored: string | undefined): Promise<boolean> {
    const against = stored ?? (await (this.decoy ??= this.hash('nobody has this password')));
    const fits = await this.turn(() => verify(against, normalize(password)));
    return fits && stored !== undefined;
  }

  /** Whether a stored hash was made with other parameters than today's. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(CURRENT);
  }

  private async turn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= PARALLEL) {
      if (this.waiting.length >= MAX_WAITING) throw unavailable('Too many people log in right now');
      await new Promise<void>((go) => this.waiting.push(go));
    } else this.running++;
    try {
      return await work();
    } finally {
      // The place goes straight to whoever waits the longest.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

function normalize(password: string): string {
  return password.normalize('NFKC');
}
