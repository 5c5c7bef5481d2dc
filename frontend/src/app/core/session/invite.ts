import { DOCUMENT, inject, Injectable, signal } from '@angular/core';

/**
 * The key of an invite link (`/join#KEY`), from the moment the link is opened until it is used. It lives in
 * memory only: it is taken out of the address at once, and never stored.
 */
@Injectable({ providedIn: 'root' })
export class Invite {
  readonly #window = inject(DOCUMENT).defaultView;
  readonly #key = signal<string | null>(null);
  #refusal = '';

  /** The key that waits to be used, or null. */
  readonly key = this.#key.asReadonly();

  /** Takes a key out of the address now, and whenever another link is opened in this page. */
  watchAddress(): void {
    this.#takeFromAddress();
    this.#window?.addEventListener('popstate', () => this.#takeFromAddress());
  }

  /** Hands the key out and forgets it. */
  take(): string | null {
    const key = this.#key();
    this.#key.set(null);
    return key;
  }

  /** Keeps why the key was refused, for the dialog that shows it next. */
  refuse(words: string): void {
    this.#refusal = words;
  }

  /** Hands the refusal out and forgets it. */
  takeRefusal(): string {
    const refusal = this.#refusal;
    this.#refusal = '';
    return refusal;
  }

  #takeFromAddress(): void {
    const page = this.#window;
    if (!page || page.location.pathname !== '/join' || page.location.hash.length < 2) return;
    this.#key.set(readKey(page.location.hash));
    page.history.replaceState(page.history.state, '', '/join');
  }
}

/**
 * The key in what somebody typed or pasted: the key itself, or a whole invite link; spaces and line breaks are
 * left out.
 * @param text whatever it is
 */
export function readKey(text: string): string {
  const compact = text.replace(/\s+/gu, '');
  const fragment = compact.indexOf('#');
  return fragment === -1 ? compact : compact.slice(fragment + 1);
}

/** The link that brings somebody to the join page with a key. The key is in its fragment, which no server sees. */
export function inviteLink(key: string): string {
  return `${location.origin}/join#${key}`;
}
