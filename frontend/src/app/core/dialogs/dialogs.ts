import { Dialog } from '@angular/cdk/dialog';
import { inject, Injectable, type Type } from '@angular/core';
import { Router } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { type DialogFocus, dialogLook } from '../../ui/dialog-look';
import { PageFocus } from '../device/page-focus';
import { isLeavingPage } from '../device/page-leaving';
import { type Confirmation, ConfirmDialog } from './confirm-dialog';

/** Opens dialogs that all look and behave alike. */
@Injectable({ providedIn: 'root' })
export class Dialogs {
  readonly #dialog = inject(Dialog);
  readonly #router = inject(Router);
  readonly #focus = inject(PageFocus);

  /** Whether one is open. */
  get open(): boolean {
    return this.#dialog.openDialogs.length > 0;
  }

  /**
   * Shows a component as a dialog until it is closed.
   * @param name what the dialog is called for those who do not see it
   * @param data what the component finds as DIALOG_DATA
   * @param first what has the focus at first
   * @returns what the dialog was closed with; undefined when it was dismissed
   */
  async show<Result>(
    component: Type<unknown>,
    name: string,
    data?: object,
    first?: DialogFocus,
  ): Promise<Result | undefined> {
    // A menu that this was chosen from first closes and gives the focus back: that is where it returns to.
    await Promise.resolve();
    // What is pressed twice, while it is still being loaded, opens once.
    if (this.#dialog.openDialogs.some(({ componentInstance }) => componentInstance instanceof component))
      return undefined;
    const look = dialogLook(name, first);
    const opened = this.#dialog.open<Result>(component, data ? { ...look, data } : look);
    const step = pushStep();
    const result = await firstValueFrom(opened.closed);
    await this.#takeBack(step);
    this.#focus.keep();
    return result;
  }

  /** Asks before something is done. @returns whether it was done */
  async confirm(asked: Confirmation): Promise<boolean> {
    return (await this.show<boolean>(ConfirmDialog, asked.heading, asked, '[data-first]')) === true;
  }

  /** Takes the step out of the history again, unless it was gone back from or another page was gone to. */
  async #takeBack(step: string): Promise<void> {
    if ((history.state as { readonly dialog?: string } | null)?.dialog !== step || isLeavingPage()) return;
    const navigation = this.#router.getCurrentNavigation();
    if (navigation) {
      // The dialog led to another page, which takes the step's place.
      navigation.extras.replaceUrl = true;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BACK_MS);
      const done = (): void => {
        clearTimeout(timer);
        // The router looks at where the history went in a task of its own: what follows must not be taken back by it.
        setTimeout(resolve);
      };
      addEventListener('popstate', done, { once: true });
      history.back();
    });
  }
}

/** How long the browser has to go back in its history. In milliseconds. */
const BACK_MS = 1_000;

/** Puts a step into the history, so that going back closes the dialog (which does so by itself) and nothing else. */
function pushStep(): string {
  const dialog = Math.random().toString(36).slice(2);
  history.pushState({ ...(history.state as object | null), dialog }, '');
  return dialog;
}
