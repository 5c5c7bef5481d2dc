import { Injectable } from '@nestjs/common';
import { collectYoungGeneration } from '@app/platform';

/** The young generation is collected after so many opened messages: ten pages of history. */
const OPENED = 500;

/**
 * Collects the young generation early, between requests. Each opened message leaves an object of OpenSSL, which takes
 * longer to collect than all other garbage. The young generation is large, for the many short-lived objects of sending:
 * it would be collected after sixty pages of history, and the next page would wait 7 ms for that.
 */
@Injectable()
export class ShortCollections {
  private opened = 0;

  /** Counts opened messages. A collection follows when the answer with them has been written. */
  count(messages: number): void {
    this.opened += messages;
    if (this.opened < OPENED) return;
    this.opened = 0;
    setImmediate(collectYoungGeneration);
  }
}
