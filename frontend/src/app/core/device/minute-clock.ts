import { DestroyRef, inject, Injectable, signal } from '@angular/core';
import { Messenger } from '../messenger/messenger';
import { noticeTimeZone } from '../wording/time-zone';

/** How often the time is looked at. In milliseconds. */
const LOOK_MS = 10_000;
const MINUTE = 60_000;
/** When a page comes back that may have slept, or travelled. */
const AWAKENINGS = ['focus', 'pageshow', 'visibilitychange'];

/** The time by the server's clock, as often as words such as "Today" or "5 min ago" need it. */
@Injectable({ providedIn: 'root' })
export class MinuteClock {
  readonly #client = inject(Messenger).client;
  readonly #now = signal(this.#client.now());
  /** Milliseconds since 1970, of the minute that began last. */
  readonly now = this.#now.asReadonly();

  constructor() {
    const look = (): void => this.#look();
    const timer = setInterval(look, LOOK_MS);
    const end = this.#client.on('state', look);
    for (const event of AWAKENINGS) addEventListener(event, look);
    inject(DestroyRef).onDestroy(() => {
      clearInterval(timer);
      end();
      for (const event of AWAKENINGS) removeEventListener(event, look);
    });
    look();
  }

  #look(): void {
    noticeTimeZone();
    const now = this.#client.now();
    // Days begin with a minute in every zone: what is drawn changes no more often.
    if (Math.floor(now / MINUTE) !== Math.floor(this.#now() / MINUTE)) this.#now.set(now);
  }
}
