import { computed, Injectable, signal } from '@angular/core';
import { browserStorage, onStorageChange } from './browser-storage';

/** What a person chose for this browser. Everything is off until they do. */
export interface Choices {
  /** Tell about messages that come while the page is not looked at. */
  readonly notify: boolean;
  /** Show the text in these notifications. */
  readonly notifyText: boolean;
  readonly sound: boolean;
  /** Whether Enter sends; null until somebody chooses: it does where there is a keyboard. */
  readonly enterSends: boolean | null;
  /** Whether notifications were offered and somebody answered. */
  readonly noticesOffered: boolean;
}

const KEY = 'secure-chat.preferences';
const DEFAULTS: Choices = {
  notify: false,
  notifyText: false,
  sound: false,
  enterSends: null,
  noticesOffered: false,
};

const coarse = matchMedia('(pointer: coarse)').matches;

/** The choices, kept in this browser. */
@Injectable({ providedIn: 'root' })
export class Preferences {
  readonly #choices = signal(read());
  readonly choices = this.#choices.asReadonly();
  /** Whether Enter sends here. On a keyboard that lies on the screen nothing else would break a line. */
  readonly enterSends = computed(() => this.#choices().enterSends ?? !coarse);

  constructor() {
    onStorageChange((key) => {
      if (key === null || key === KEY) this.#choices.set(read());
    });
  }

  /** Changes some of the choices, in all tabs of this browser. */
  choose(choices: Partial<Choices>): void {
    this.#choices.update((before) => ({ ...before, ...choices }));
    try {
      browserStorage()?.setItem(KEY, JSON.stringify(this.#choices()));
    } catch {
      // Full or forbidden: the choices end with the page.
    }
  }
}

function read(): Choices {
  try {
    const kept = JSON.parse(browserStorage()?.getItem(KEY) ?? '{}') as Partial<
      Record<keyof Choices, unknown>
    >;
    return {
      notify: kept.notify === true,
      notifyText: kept.notifyText === true,
      sound: kept.sound === true,
      noticesOffered: kept.noticesOffered === true,
      enterSends: typeof kept.enterSends === 'boolean' ? kept.enterSends : null,
    };
  } catch {
    return DEFAULTS;
  }
}
