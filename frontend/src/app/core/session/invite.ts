import { DOCUMENT, inject, Injectable, signal } from '@angular/core';
import { findChatKey } from '@app/contracts/edge';
import { takeInvite, takenInvite } from './invite-address';

/**
 * The content of an invite link (`/join#KEY`), from opening the link until it is used. It is only in memory: it is
 * removed from the address immediately, and never stored.
 */
@Injectable({ providedIn: 'root' })
export class Invite {
  readonly #window = inject(DOCUMENT).defaultView;
  readonly #key = signal<string | null>(null);
  #refusal = '';

  /** The key that waits to be used (unchanged if it is incomplete), or null. */
  readonly key = this.#key.asReadonly();

  /** Takes a key from the address now, and whenever another link is opened in this page. */
  watchAddress(): void {
    this.#takeFromAddress();
    this.#window?.addEventListener('popstate', () => this.#takeFromAddress());
  }

  /** Returns and removes the key. */
  take(): string | null {
    const key = this.#key();
    this.#key.set(null);
    return key;
  }

  /** Stores why the key was refused, for the dialog that shows it. */
  refuse(words: string): void {
    this.#refusal = words;
  }

  /** Returns and removes the refusal. */
  takeRefusal(): string {
    const refusal = this.#refusal;
    this.#refusal = '';
    return refusal;
  }

  #takeFromAddress(): void {
    const page = this.#window;
    if (!page) return;
    takeInvite(page);
    const text = takenInvite(page);
    if (text !== undefined) this.#key.set(readableKey(text));
  }
}

/** Returns the key if there is one, otherwise the end of the link, which the user can correct. */
function readableKey(text: string): string {
  const found = findChatKey(text);
  if (found.kind === 'one') return found.key;
  try {
    return decodeURIComponent(text).replace(/^.*#/su, '').trim();
  } catch {
    return text.replace(/^.*#/su, '').trim();
  }
}

/** Returns the invite link of a key. The key is in its fragment, which browsers do not send to a server. */
export function inviteLink(key: string): string {
  return `${location.origin}/join#${key}`;
}
