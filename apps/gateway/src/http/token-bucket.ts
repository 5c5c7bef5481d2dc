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
}

/** A token bucket per user: `rate` a second, three times as many at once. */
export class TokenBuckets {
  private readonly buckets: LruMap<string, TokenBucket>;

  /**
   * @param rate tokens a second; 0 is no limit
   * @param burst how many at once
   * @param users how many users are remembered
   */
  constructor(
    private readonly rate: number,
    private readonly burst: number = rate * 3,
    users = 20_000,
  ) {
    this.buckets = new LruMap(users);
  }

  /**
   * Takes a token of a user's.
   * @returns 0 when there was one, else after how many seconds there will be
   */
  take(userId: string): number {
    if (this.rate === 0) return 0;
    let bucket = this.buckets.get(userId);
    if (!bucket) this.buckets.set(userId, (bucket = new TokenBucket(this.rate, this.burst)));
    return bucket.take();
  }
}
