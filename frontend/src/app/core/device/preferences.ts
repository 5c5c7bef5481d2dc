import { effect, Injectable, signal } from '@angular/core';
import { browserStorage } from './browser-storage';

/** What a person chose for this browser. Everything is off until they do. */
export interface Choices {
  /** Tell about messages that come while the page is not looked at. */
  readonly notify: boolean;
  /** Show the text in these notifications. */
  readonly notifyText: boolean;
  readonly sound: boolean;
}

const KEY = 'secure-chat.preferences';
const DEFAULTS: Choices = { notify: false, notifyText: false, sound: false };

/** The choices, kept in this browser. */
@Injectable({ providedIn: 'root' })
export class Preferences {
  readonly #choices = signal(read());
  readonly choices = this.#choices.asReadonly();

  constructor() {
    effect(() => {
      try {
        browserStorage()?.setItem(KEY, JSON.stringify(this.#choices()));
      } catch {
        // Full or forbidden: the choices end with the page.
      }
    });
  }

  /** Changes some of the choices. */
  choose(choices: Partial<Choices>): void {
    this.#choices.update((before) => ({ ...before, ...choices }));
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
    };
  } catch {
    return DEFAULTS;
  }
}
