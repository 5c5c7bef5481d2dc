import { computed, effect, inject, Injectable, signal } from '@angular/core';
import { Router } from '@angular/router';
import { ApiError, exclusively, type SignedOutReason } from '@app/client';
import { browserStorage, onStorageChange } from '../device/browser-storage';
import { leavePage, sayOnNextPage, saidByLastPage } from '../device/page-leaving';
import { DEVICE_USER, deviceUserId, forgetDeviceUser } from '../messenger/device-user';
import { Messenger } from '../messenger/messenger';
import { isSignOutOwed, oweSignOut, SIGN_OUT_OWED } from './owed-sign-out';

/**
 * `starting`: not known yet. `unreachable`: the server does not answer; the client retries. `signing-out`: signed out
 * here, but the server has not received it yet.
 */
export type SessionStatus = 'starting' | 'unreachable' | 'signing-out' | 'signed-in' | 'signed-out';

const RETRY_MS = 2_000;
const KNOWN_HERE = 'secure-chat.known-here';
const ACCOUNT_DELETED = 'account-deleted' satisfies SignedOutReason;

/** The session: its state, sign-in and sign-out. */
@Injectable({ providedIn: 'root' })
export class SessionStore {
  readonly #messenger = inject(Messenger);
  readonly #router = inject(Router);
  readonly #status = signal<SessionStatus>('starting');
  #known: Promise<void> | undefined;
  readonly #intercepted = signal(false);
  readonly #endedOnLastPage = signal<SignedOutReason | null>(
    saidByLastPage() === ACCOUNT_DELETED ? ACCOUNT_DELETED : null,
  );
  #leaving = false;

  /** The state of the session. */
  readonly status = computed<SessionStatus>(() => {
    const status = this.#status();
    if (status !== 'signed-out') return status;
    return this.#messenger.state() === 'signed-out' ? 'signed-out' : 'signed-in';
  });

  /** The page to open after signing in. */
  returnTo = '/chats';

  /** Why the last session ended, until another one starts; null if there was none, or the user signed out here. */
  readonly endedBecause = computed<SignedOutReason | null>(
    () => this.#messenger.endedBecause() ?? this.#endedOnLastPage(),
  );

  /** Whether a proxy answers instead of the server: a reload of the page shows its answer. */
  readonly intercepted = computed(() => this.#intercepted() || this.#messenger.intercepted());

  constructor() {
    if (isSignOutOwed()) void this.#ask();
    onStorageChange((key) => void this.#otherTab(key));
    this.#messenger.client.on('other-user', () => this.#changeOver());
    effect(() => {
      const status = this.status();
      if (status === 'signed-in') {
        this.#remember();
        this.#endedOnLastPage.set(null);
      }
      if (status === 'signed-out' && this.#messenger.endedBecause() !== null) this.#toLogIn();
    });
  }

  /** Waits until the state of the session is known. */
  async settled(): Promise<boolean> {
    await this.#ask();
    return this.status() === 'signed-in';
  }

  /**
   * The same for a page for users who are not signed in. Without a sign of a session it does not call the server,
   * because the browser would log the refusal as an error. A page for signed-in users always calls it.
   */
  async maybeSettled(): Promise<boolean> {
    if (this.#known || deviceUserId() !== null) return this.settled();
    this.#messenger.discardGone(null);
    this.#status.set('signed-out');
    return this.status() === 'signed-in';
  }

  #ask(): Promise<void> {
    return (this.#known ??= this.#finishSignOut().then(() => this.#resume()));
  }

  /** Whether a user has signed in with this browser before: then the log-in page is shown first. */
  get knownHere(): boolean {
    return browserStorage()?.getItem(KNOWN_HERE) === 'yes';
  }

  /** Creates an account or logs in, and starts. @throws ApiError */
  async enter(how: 'sign-up' | 'log-in', username: string, password: string): Promise<void> {
    const { client } = this.#messenger;
    await (how === 'sign-up' ? client.register(username, password) : client.logIn(username, password));
    this.#known ??= Promise.resolve();
  }

  /**
   * Discards the user's data in this browser, ends the session and opens the log-in page. Without a connection nothing
   * is shown until the server has ended the session, also after a reload: the cookie would still admit anybody.
   */
  signOut(): Promise<void> {
    oweSignOut(true);
    return this.#signOut();
  }

  #signOut(): Promise<void> {
    return this.#leave(async () => {
      this.#status.set('signing-out');
      this.#messenger.discard();
      await this.#finishSignOut();
    });
  }

  /** Deletes the account and opens the log-in page. @throws ApiError INVALID_CREDENTIALS */
  deleteAccount(password: string): Promise<void> {
    return this.#leave(async () => {
      await this.#messenger.deleteAccount(password);
      sayOnNextPage(ACCOUNT_DELETED);
    });
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
    // Replacing the page also clears the account's data from memory.
    leavePage('/log-in');
  }

  /** Ends the session on the server; retries until that succeeds. */
  async #finishSignOut(): Promise<void> {
    while (isSignOutOwed()) {
      this.#status.set('signing-out');
      try {
        await exclusively('sign-out', () => this.#endSession());
        this.#intercepted.set(false);
      } catch (error) {
        await this.#pause(error);
      }
    }
  }

  /** Ends it, unless another tab has done so meanwhile or a user has logged in since. @throws ApiError */
  async #endSession(): Promise<void> {
    if (!isSignOutOwed()) return;
    try {
      await this.#messenger.client.api.logOut();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error;
    }
    oweSignOut(false);
  }

  /** Resumes the session of the browser; retries until the server answers. */
  async #resume(): Promise<void> {
    for (;;) {
      try {
        const user = await this.#messenger.client.resume();
        this.#messenger.discardGone(user?.id ?? null);
        const noted = deviceUserId();
        if (!user && noted !== null) forgetDeviceUser(noted);
        this.#intercepted.set(false);
        this.#status.set('signed-out'); // from now on `status` follows the connection
        return;
      } catch (error) {
        this.#status.set('unreachable');
        await this.#pause(error);
      }
    }
  }

  #pause(error: unknown): Promise<void> {
    this.#intercepted.set(error instanceof ApiError && error.intercepted);
    return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }

  /** Applies what another tab of this browser did with the session. */
  async #otherTab(key: string | null): Promise<void> {
    if (key === SIGN_OUT_OWED && isSignOutOwed() && !this.#leaving) return this.#signOut();
    const id = deviceUserId();
    // A page that returns from the back-forward cache has missed changes: it checks, too.
    if ((key !== DEVICE_USER && key !== null) || id === null || this.#leaving) return;
    const here = this.#messenger.user()?.id;
    if (here !== undefined && here !== id) return this.#changeOver();
    if (here !== undefined || this.status() !== 'signed-out') return;
    await (this.#known = this.#resume());
    if (this.status() === 'signed-in') await this.#router.navigateByUrl(this.returnTo);
  }

  /** Restarts for the user who is signed in now: no data of the previous user may be left in this page. */
  #changeOver(): void {
    this.#messenger.client.stop();
    leavePage('/chats');
  }

  #remember(): void {
    try {
      browserStorage()?.setItem(KNOWN_HERE, 'yes');
    } catch {
      // Full: the sign-up page is shown first next time.
    }
  }

  #toLogIn(): void {
    if (this.#leaving) return;
    const { url } = this.#router;
    if (!url.startsWith('/log-in') && !url.startsWith('/sign-up')) this.returnTo = url;
    void this.#router.navigateByUrl('/log-in');
  }
}
