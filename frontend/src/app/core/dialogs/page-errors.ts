import { ErrorHandler, inject, Injectable, Injector } from '@angular/core';
import { Dialogs } from './dialogs';

/** How Chromium, Firefox and Safari say that a file of the page could not be loaded. */
const NOT_LOADED = /dynamically imported module|importing a module script failed/iu;

/** Says so when a part that is loaded on demand does not come: otherwise nothing would follow a click. */
@Injectable()
export class PageErrors extends ErrorHandler {
  readonly #injector = inject(Injector);

  override handleError(error: unknown): void {
    super.handleError(error);
    if (!(error instanceof Error) || !NOT_LOADED.test(error.message)) return;
    // Looked up late: dialogs are made of parts that need the handler of errors themselves.
    void this.#injector.get(Dialogs).confirm({
      heading: 'This part of the page did not come',
      words: [
        'The server did not answer, or it was updated after you opened this page. What you have sent is safe.',
      ],
      label: 'Reload',
      harmless: true,
      act: () => {
        location.reload();
        return Promise.resolve();
      },
    });
  }
}
