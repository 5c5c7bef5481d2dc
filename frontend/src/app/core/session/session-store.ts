import { computed, DOCUMENT, effect, inject, Injectable, signal } from '@angular/core';
import { Router } from '@angular/router';
import { ApiError } from '@app/client';
import { browserStorage } from '../device/browser-storage';
import { Messenger } from '../messenger/messenger';

/** `starting`: not asked yet. `unreachable`: asked, and the server does not answer; it is asked again. */
export type SessionStatus = 'starting' | 'unreachable' | 'signed-in' | 'signed-out';

const RETRY_MS = 2_000;
const KNOWN_HERE = 'secure-chat.known-here';

/** Whether somebody is signed in, and the way in and out. */
@Injectable({ providedIn: 'root' })
export class SessionStore {
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);
  readonly #window = inject(DOCUMENT).defaultView;
  readonly #status = signal<SessionStatus>('starting');
  readonly #known: Promise<void>;
  #leaving = false;

  /** What is known of the session. */
  readonly status = computed<SessionStatus>(() => {
    const status = this.#status();
    if (status === 'starting' || status === 'unreachable') return status;
    return this.#messenger.state() === 'signed-out' ? 'signed-out' : 'signed-in';
  });

  /** The page to go to once somebody has signed in. */
  returnTo = '/chats';

  /** Whether the last sign-out did not reach the server. */
  readonly unfinishedSignOut = signal(false);

  constructor() {
    this.#known = this.#resume();
    effect(() => {
      const status = this.status();
      if (status === 'signed-in') this.#remember();
      if (status === 'signed-out' && this.#messenger.endedBecause() !== null) this.#toLogIn();
    });
  }

  /** Waits until it is known whether somebody is signed in. */
  async settled(): Promise<boolean> {
    await this.#known;
    return this.status() === 'signed-in';
  }

  /** Whether somebody has signed in with this browser before: then logging in is what they want. */
  get knownHere(): boolean {
    return browserStorage()?.getItem(KNOWN_HERE) === 'yes';
  }

  /** Makes an account, or logs in to one, and starts. @throws ApiError */
  async enter(how: 'sign-up' | 'log-in', username: string, password: string): Promise<void> {
    const { client } = this.#messenger;
    await (how === 'sign-up' ? client.register(username, password) : client.logIn(username, password));
  }

  /** Ends the session and goes to the log-in page, also if the server cannot be told. */
  signOut(): Promise<void> {
    return this.#leave(async () => {
      try {
        await this.#messenger.signOut();
      } catch (error) {
        // The cookie stays valid until the server is back: say so rather than pretend.
        if (error instanceof ApiError) this.unfinishedSignOut.set(true);
      }
    });
  }

  /** Deletes the account and goes to the log-in page. @throws ApiError INVALID_CREDENTIALS */
  deleteAccount(password: string): Promise<void> {
    return this.#leave(() => this.#messenger.deleteAccount(password));
  }

  async #leave(end: () => Promise<void>): Promise<void> {
    this.#leaving = true;
    try {
      await end();
    } catch (error) {
      this.#leaving = false;
      throw error;
    }
    this.returnTo = '/chats';
    // What this page held of the account ends with the page, its memory included.
    if (!this.unfinishedSignOut() && this.#window) return this.#window.location.replace('/log-in');
    await this.#router.navigateByUrl('/log-in');
    this.#leaving = false;
  }

  /** Takes up the session that the browser has; asks until the server answers. */
  async #resume(): Promise<void> {
    for (;;) {
      try {
        await this.#messenger.client.resume();
        this.#status.set('signed-out'); // that is: known; `status` looks at the connection from now on
        return;
      } catch {
        this.#status.set('unreachable');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #remember(): void {
    this.unfinishedSignOut.set(false);
    try {
      browserStorage()?.setItem(KNOWN_HERE, 'yes');
    } catch {
      // Full: then the sign-up page greets next time.
    }
  }

  #toLogIn(): void {
    if (this.#leaving) return;
    const { url } = this.#router;
    if (!url.startsWith('/log-in') && !url.startsWith('/sign-up')) this.returnTo = url;
    void this.#router.navigateByUrl('/log-in');
  }
}
