import { Injectable } from '@nestjs/common';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** After so many opened messages: ten pages, whose traces are cleared away in about a millisecond. */
const OPENED = 500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;

/**
 * Opening a message leaves an object of OpenSSL's, which costs a collection of the young generation more than all
 * other garbage. That generation is large, as the many short-lived objects of sending ask for: sixty pages of history
 * fit in, and the next one waited 7 ms until they were cleared away. So it is collected earlier, between requests.
 */
@Injectable()
export class ShortCollections {
  private opened = 0;

  /** Counts opened messages; a collection comes when the answer that they are for has been written. */
  count(messages: number): void {
    this.opened += messages;
    if (this.opened < OPENED) return;
    this.opened = 0;
    setImmediate(() => collect({ type: 'minor' }));
  }
}
