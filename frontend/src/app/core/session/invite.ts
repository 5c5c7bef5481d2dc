import { DOCUMENT, inject, Injectable, signal } from '@angular/core';
import { findChatKey } from '@app/contracts/edge';
import { takeInvite, takenInvite } from './invite-address';

/**
 * What an invite link (`/join#KEY`) carried, from the moment the link is opened until it is used. It lives in memory
 * only: it is taken out of the address at once, and never stored.
 */
@Injectable({ providedIn: 'root' })
export class Invite {
  readonly #window = inject(DOCUMENT).defaultView;
  readonly #key = signal<string | null>(null);
  #refusal = '';

  /** The key that waits to be used, as it came where it is not whole, or null. */
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
    if (!page) return;
    takeInvite(page);
    const text = takenInvite(page);
    if (text !== undefined) this.#key.set(readableKey(text));
  }
}

/** The key alone where there is one; else what one may put right: the end of the link, as it was meant to be read. */
function readableKey(text: string): string {
  const found = findChatKey(text);
  if (found.kind === 'one') return found.key;
  try {
    return decodeURIComponent(text).replace(/^.*#/su, '').trim();
  } catch {
    return text.replace(/^.*#/su, '').trim();
  }
}

/** The link that brings somebody to the join page with a key. The key is in its fragment, which no server sees. */
export function inviteLink(key: string): string {
  return `${location.origin}/join#${key}`;
}
