import { LruMap } from '../lru-map.js';

/**
 * A token bucket per user, without a promise or timer per message: `rate` a second, three times as many at once.
 */
export class TokenBuckets {
  private readonly buckets: LruMap<string, { tokens: number; at: number }>;

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
   * Takes a token.
   * @returns 0 when there was one, else after how many seconds there will be
   */
  take(userId: string): number {
    if (this.rate === 0) return 0;
    const now = performance.now();
    let bucket = this.buckets.get(userId);
    if (!bucket) this.buckets.set(userId, (bucket = { tokens: this.burst, at: now }));
    bucket.tokens = Math.min(this.burst, bucket.tokens + ((now - bucket.at) / 1000) * this.rate);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / this.rate));
    bucket.tokens -= 1;
    return 0;
  }
}
