import { LiveAnnouncer } from '@angular/cdk/a11y';
import { DOCUMENT, inject, Injectable } from '@angular/core';
import { NavigationEnd, Router } from '@angular/router';

/** Moves the focus when its element is removed, so that keyboards and screen readers continue from a visible place. */
@Injectable({ providedIn: 'root' })
export class PageFocus {
  readonly #document = inject(DOCUMENT);
  readonly #router = inject(Router);
  readonly #announcer = inject(LiveAnnouncer);
  #path: string | null = null;

  /** Starts to manage the focus on each navigation. The browser manages it on the first page. */
  watch(): void {
    this.#router.events.subscribe((event) => {
      if (!(event instanceof NavigationEnd)) return;
      const before = this.#path;
      this.#path = event.urlAfterRedirects.split('?')[0] ?? '';
      if (before !== null) this.keep(before);
    });
  }

  /** Announces a change to screen readers. */
  say(words: string): void {
    void this.#announcer.announce(words);
  }

  /**
   * Moves the focus to the back link or the page's heading, if no visible element has it.
   * @param before the path of the previous page
   */
  keep(before = ''): void {
    // The new page may set the focus itself, in a task of its own: that takes precedence.
    setTimeout(() => setTimeout(() => this.#rescue(before)));
  }

  #rescue(before: string): void {
    const focused = this.#document.activeElement;
    if (focused && focused !== this.#document.body && isShown(focused) && !focused.matches(':disabled'))
      return;
    const link = [...this.#document.querySelectorAll<HTMLElement>('nav a[href]')].find(
      (one) => one.getAttribute('href') === before && isShown(one),
    );
    const headings = ['[data-heading]', 'h1', 'main h2'].flatMap((selector) => [
      ...this.#document.querySelectorAll<HTMLElement>(selector),
    ]);
    const target = link ?? headings.find(isShown);
    if (!target) return;
    if (!link) target.tabIndex = -1;
    target.focus();
  }
}

function isShown(element: Element): boolean {
  // Older browsers do not have it: a box shows the same text there.
  return typeof element.checkVisibility === 'function'
    ? element.checkVisibility({ visibilityProperty: true })
    : element.getClientRects().length > 0;
}
