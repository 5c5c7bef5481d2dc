import { DOCUMENT, inject, Injectable } from '@angular/core';

/** A smaller difference is a toolbar of the browser, not a keyboard. In pixels. */
const KEYBOARD = 100;
const PROPERTY = '--visible-height';

/**
 * Sets the custom property `--visible-height` to the height that an on-screen keyboard leaves visible. In browsers that
 * shrink the page (`interactive-widget` in index.html) there is nothing to do; Safari covers the page and moves it up.
 */
@Injectable({ providedIn: 'root' })
export class VisibleHeight {
  readonly #window = inject(DOCUMENT).defaultView;
  readonly #style = inject(DOCUMENT).documentElement.style;

  /** Starts to observe the height. */
  watch(): void {
    this.#window?.visualViewport?.addEventListener('resize', () => this.#measure());
  }

  #measure(): void {
    const page = this.#window;
    const visible = page?.visualViewport;
    if (!page || !visible) return;
    // With pinch zoom, the visible part is small for another reason.
    const covered = visible.scale === 1 && page.innerHeight - visible.height > KEYBOARD;
    if (!covered) return void this.#style.removeProperty(PROPERTY);
    this.#style.setProperty(PROPERTY, `${visible.height}px`);
    page.scrollTo(0, 0);
  }
}
