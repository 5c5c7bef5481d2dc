import { LiveAnnouncer } from '@angular/cdk/a11y';
import { DOCUMENT, inject, Injectable } from '@angular/core';
import { NavigationEnd, Router } from '@angular/router';

/** Keeps the focus at something that is there, whatever was removed, so that keys and screen readers go on from there. */
@Injectable({ providedIn: 'root' })
export class PageFocus {
  readonly #document = inject(DOCUMENT);
  readonly #router = inject(Router);
  readonly #announcer = inject(LiveAnnouncer);
  #path: string | null = null;

  /** Begins to look after the focus whenever another page is shown. The first one is the browser's own matter. */
  watch(): void {
    this.#router.events.subscribe((event) => {
      if (!(event instanceof NavigationEnd)) return;
      const before = this.#path;
      this.#path = event.urlAfterRedirects.split('?')[0] ?? '';
      if (before !== null) this.keep(before);
    });
  }

  /** Tells those who do not see it what was done. */
  say(words: string): void {
    void this.#announcer.announce(words);
  }

  /**
   * Gives the focus to the link that leads back, or to the page's heading, if nothing that is shown has it.
   * @param before the path of the page before this one
   */
  keep(before = ''): void {
    // What a new page itself gives the focus to comes first: it does so in a task of its own.
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
  // Older browsers lack it: a box says the same there.
  return typeof element.checkVisibility === 'function'
    ? element.checkVisibility({ visibilityProperty: true })
    : element.getClientRects().length > 0;
}
