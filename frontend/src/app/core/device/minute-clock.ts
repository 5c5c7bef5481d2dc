import { DestroyRef, inject, Injectable, signal } from '@angular/core';

const MINUTE = 60_000;

/** The time, as often as words such as "Today" or "5 min ago" need it. */
@Injectable({ providedIn: 'root' })
export class MinuteClock {
  readonly #now = signal(Date.now());
  /** Milliseconds since 1970, at most a minute old. */
  readonly now = this.#now.asReadonly();

  constructor() {
    const timer = setInterval(() => this.#now.set(Date.now()), MINUTE);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
