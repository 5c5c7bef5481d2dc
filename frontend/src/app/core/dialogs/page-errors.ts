import { ErrorHandler, inject, Injectable, Injector } from '@angular/core';
import { NOT_LOADED_WORDS } from '../wording/common-words';
import type { Dialogs } from './dialogs';

/** The errors of Chromium, Firefox and Safari for a file of the page that could not be loaded. */
const NOT_LOADED = /dynamically imported module|importing a module script failed/iu;

/** Shows a notice when a part that is loaded on demand fails to load: otherwise a click would have no effect. */
@Injectable()
export class PageErrors extends ErrorHandler {
  readonly #injector = inject(Injector);
  /** Loaded right after the first page: when another part fails to load later, this one would fail, too. */
  readonly #dialogs = new Promise<Dialogs | undefined>((done) => {
    const fetch = (): void => {
      import('./dialogs').then(
        ({ Dialogs: found }) => done(this.#injector.get(found)),
        () => done(undefined),
      );
    };
    if (document.readyState === 'complete') fetch();
    else addEventListener('load', fetch, { once: true });
  });

  override handleError(error: unknown): void {
    super.handleError(error);
    if (error instanceof Error && NOT_LOADED.test(error.message)) void this.#tell();
  }

  async #tell(): Promise<void> {
    const dialogs = await this.#dialogs;
    await dialogs?.confirm({
      heading: NOT_LOADED_WORDS.heading,
      words: [NOT_LOADED_WORDS.detail],
      label: NOT_LOADED_WORDS.reload,
      harmless: true,
      act: () => {
        location.reload();
        return Promise.resolve();
      },
    });
  }
}
