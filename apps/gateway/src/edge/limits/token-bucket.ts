import { LruMap } from '@app/platform';

/**
 * A token bucket. It is not rate-limiter-flexible's: that has fixed windows alone, of which a pair for rate and burst lets
 * half as much again pass, remembers every key until its window ends, and goes by the wall clock.
 */
export class TokenBucket {
  private tokens: number;
  private at = performance.now();

  /**
   * @param rate tokens a second
   * @param burst how many at once
   */
  constructor(
    private readonly rate: number,
    private readonly burst: number,
  ) {
    this.tokens = burst;
  }

  /**
   * Takes tokens.
   * @param cost how many; there are never more than the burst
   * @returns 0 when there were enough, else after how many seconds there will be
   */
  take(cost = 1): number {
    const now = performance.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.rate);
    this.at = now;
    if (this.tokens < cost) return Math.max(1, Math.ceil((cost - this.tokens) / this.rate));
    this.tokens -= cost;
    return 0;
  }

  /** Puts a token back. */
  refund(): void {
    this.tokens = Math.min(this.burst, this.tokens + 1);
  }
}

/** A token bucket per user or address. The least recently used ones are evicted, so memory is bounded. */
export class TokenBuckets {
  private readonly buckets: LruMap<string, TokenBucket>;

  /**
   * @param rate tokens a second; 0 is no limit
   * @param burst how many at once, at least 1; three seconds' worth unless given
   * @param keys how many users or addresses are counted
   */
  constructor(
    readonly rate: number,
    readonly burst: number = rate * 3,
    keys = 20_000,
  ) {
    this.buckets = new LruMap(keys);
  }

  /**
   * Takes tokens of a user or an address.
   * @param cost how many
   * @returns 0 when there were enough, else after how many seconds there will be
   */
  take(key: string, cost = 1): number {
    if (this.rate === 0) return 0;
    let bucket = this.buckets.get(key);
    if (!bucket) this.buckets.set(key, (bucket = new TokenBucket(this.rate, this.burst)));
    return bucket.take(cost);
  }

  /** Puts a token back that was taken for a call which does not count after all. */
  refund(key: string): void {
    this.buckets.get(key)?.refund();
  }
}
