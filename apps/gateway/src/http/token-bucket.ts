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
   * Takes a token.
   * @returns 0 when there was one, else after how many seconds there will be
   */
  take(): number {
    const now = performance.now();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.rate);
    this.at = now;
    if (this.tokens < 1) return Math.max(1, Math.ceil((1 - this.tokens) / this.rate));
    this.tokens -= 1;
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
   * Takes a token of a user or an address.
   * @returns 0 when there was one, else after how many seconds there will be
   */
  take(key: string): number {
    if (this.rate === 0) return 0;
    let bucket = this.buckets.get(key);
    if (!bucket) this.buckets.set(key, (bucket = new TokenBucket(this.rate, this.burst)));
    return bucket.take();
  }

  /** Gives a token back that was taken for what turned out not to count. */
  giveBack(key: string): void {
    this.buckets.get(key)?.giveBack();
  }
}
