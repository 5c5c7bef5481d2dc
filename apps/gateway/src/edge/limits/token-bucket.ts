import { LruMap } from '@app/platform';

/** A token bucket, without a promise or timer: so many a second, and a burst at once. */
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
   * @param cost how many; no more than the burst, or they are never there
   * @returns 0 when they were there, else after how many seconds they will be
   */
  take(cost = 1): number {
    const now = performance.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.rate);
    this.at = now;
    if (this.tokens < cost) return Math.max(1, Math.ceil((cost - this.tokens) / this.rate));
    this.tokens -= cost;
    return 0;
  }

  /** Gives a token back. */
  giveBack(): void {
    this.tokens = Math.min(this.burst, this.tokens + 1);
  }
}

/** A token bucket per user or address. The one unused for the longest is evicted, so memory is bounded. */
export class TokenBuckets {
  private readonly buckets: LruMap<string, TokenBucket>;

  /**
   * @param rate tokens a second; 0 is no limit
   * @param burst how many at once, at least 1; three seconds' worth unless given
   * @param keys how many users or addresses are remembered
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
   * @returns 0 when they were there, else after how many seconds they will be
   */
  take(key: string, cost = 1): number {
    if (this.rate === 0) return 0;
    let bucket = this.buckets.get(key);
    if (!bucket) this.buckets.set(key, (bucket = new TokenBucket(this.rate, this.burst)));
    return bucket.take(cost);
  }

  /** Gives a token back that was taken for what turned out not to count. */
  giveBack(key: string): void {
    this.buckets.get(key)?.giveBack();
  }
}
