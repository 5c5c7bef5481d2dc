import { DOCUMENT, inject, Injectable } from '@angular/core';

/** What is smaller is a browser's own bar, not a keyboard. In pixels. */
const KEYBOARD = 100;
const PROPERTY = '--visible-height';

/**
 * How much of the page a keyboard on the screen leaves in sight, as the custom property `--visible-height`. Where the
 * keyboard makes the page smaller (`interactive-widget` in index.html) there is nothing to do; Safari lays it over the
 * page and moves the page up.
 */
@Injectable({ providedIn: 'root' })
export class VisibleHeight {
  readonly #window = inject(DOCUMENT).defaultView;
  readonly #style = inject(DOCUMENT).documentElement.style;

  /** Begins to watch. */
  watch(): void {
    this.#window?.visualViewport?.addEventListener('resize', () => this.#measure());
  }

  #measure(): void {
    const page = this.#window;
    const visible = page?.visualViewport;
    if (!page || !visible) return;
    // Zoomed by two fingers, the visible part is small for another reason.
    const covered = visible.scale === 1 && page.innerHeight - visible.height > KEYBOARD;
    if (!covered) return void this.#style.removeProperty(PROPERTY);
    this.#style.setProperty(PROPERTY, `${visible.height}px`);
    page.scrollTo(0, 0);
  }
}
