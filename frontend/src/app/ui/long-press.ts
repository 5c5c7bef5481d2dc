import { Directive, type OnDestroy, output } from '@angular/core';

/** How long a finger rests until that is a long press, and how far it may move meanwhile. In milliseconds, pixels. */
const PRESS_MS = 500;
const SLACK = 10;

/**
 * Tells of a finger that rests on an element, for browsers that know no `contextmenu` event there (Safari on iOS).
 * Where the browser has told of it by that event, this says nothing more.
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
  /** Where the finger rests, in pixels from the corner of the window. */
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
      // The finger is lifted from what was opened: that is no click on it.
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

/** Takes away the click that follows when the finger is lifted, if one does. */
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
