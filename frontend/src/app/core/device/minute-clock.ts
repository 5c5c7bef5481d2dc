import { DestroyRef, inject, Injectable, signal } from '@angular/core';
import { Messenger } from '../messenger/messenger';
import { noticeTimeZone } from '../wording/time-zone';

/** How often the time is read. In milliseconds. */
const LOOK_MS = 10_000;
const MINUTE = 60_000;
/** Events after which a page may have been suspended, or the time zone may have changed. */
const AWAKENINGS = ['focus', 'pageshow', 'visibilitychange'];

/** The server's time, updated as often as texts such as "Today" or "5 min ago" need it. */
@Injectable({ providedIn: 'root' })
export class MinuteClock {
  readonly #client = inject(Messenger).client;
  readonly #now = signal(this.#client.now());
  /** The start of the current minute in milliseconds since 1970. */
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
    // Days begin with a full minute in every zone, so texts do not change more often.
    if (Math.floor(now / MINUTE) !== Math.floor(this.#now() / MINUTE)) this.#now.set(now);
  }
}
