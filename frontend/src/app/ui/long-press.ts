import { Directive, type OnDestroy, output } from '@angular/core';

/** The minimum duration of a long press in milliseconds, and the maximum movement in pixels. */
const PRESS_MS = 500;
const SLACK = 10;

/**
 * Detects a long press, for browsers without a `contextmenu` event for it (Safari on iOS). It does nothing if the
 * browser has emitted that event.
 */
@Directive({
  selector: '[appLongPress]',
  host: {
    '(pointerdown)': 'down($event)',
    '(pointermove)': 'moved($event)',
    '(pointerup)': 'end()',
    '(pointercancel)': 'end()',
    '(contextmenu)': 'end()',
  },
})
export class LongPress implements OnDestroy {
  /** The position of the finger in pixels from the corner of the window. */
  readonly appLongPress = output<{ readonly x: number; readonly y: number }>();
  #from: { readonly x: number; readonly y: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  ngOnDestroy(): void {
    this.end();
  }

  protected down({ pointerType, isPrimary, clientX, clientY }: PointerEvent): void {
    this.end();
    if (pointerType !== 'touch' || !isPrimary) return;
    const from = { x: clientX, y: clientY };
    this.#from = from;
    this.#timer = setTimeout(() => {
      // Lifting the finger must not click on what has opened below it.
      ignoreNextClick();
      this.appLongPress.emit(from);
    }, PRESS_MS);
  }

  protected moved({ clientX, clientY }: PointerEvent): void {
    if (this.#from && Math.hypot(clientX - this.#from.x, clientY - this.#from.y) > SLACK) this.end();
  }

  protected end(): void {
    clearTimeout(this.#timer);
    this.#from = undefined;
  }
}

/** Suppresses the click that may follow when the finger is lifted. */
function ignoreNextClick(): void {
  const ignore = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener('click', ignore, { capture: true, once: true });
  const lifted = (): void => {
    setTimeout(() => removeEventListener('click', ignore, { capture: true }), 50);
  };
  for (const name of ['pointerup', 'pointercancel']) addEventListener(name, lifted, { once: true });
}
