import { computed, Injectable, signal } from '@angular/core';
import { browserStorage, onStorageChange } from './browser-storage';

/** The settings of this browser. Everything is off by default. */
export interface Choices {
  /** Whether to notify about messages while the page does not have the focus. */
  readonly notify: boolean;
  /** Whether these notifications show the text. */
  readonly notifyText: boolean;
  readonly sound: boolean;
  /** Whether Enter sends; null until the user chooses: by default it does if there is a keyboard. */
  readonly enterSends: boolean | null;
  /** Whether the user has answered the offer of notifications. */
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

/** The settings, stored in this browser. */
@Injectable({ providedIn: 'root' })
export class Preferences {
  readonly #choices = signal(read());
  readonly choices = this.#choices.asReadonly();
  /** Whether Enter sends. An on-screen keyboard has no other key for a new line. */
  readonly enterSends = computed(() => this.#choices().enterSends ?? !coarse);

  constructor() {
    onStorageChange((key) => {
      if (key === null || key === KEY) this.#choices.set(read());
    });
  }

  /** Changes settings, in all tabs of this browser. */
  choose(choices: Partial<Choices>): void {
    this.#choices.update((before) => ({ ...before, ...choices }));
    try {
      browserStorage()?.setItem(KEY, JSON.stringify(this.#choices()));
    } catch {
      // Full or forbidden: the settings are lost with the page.
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
