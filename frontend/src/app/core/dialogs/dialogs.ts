import { Dialog } from '@angular/cdk/dialog';
import { inject, Injectable, type Type } from '@angular/core';
import { Router } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import { type DialogFocus, dialogLook } from '../../ui/dialog-look';
import { PageFocus } from '../device/page-focus';
import { isLeavingPage } from '../device/page-leaving';
import { type Confirmation, ConfirmDialog } from './confirm-dialog';

/** Opens dialogs with the same look and behaviour. */
@Injectable({ providedIn: 'root' })
export class Dialogs {
  readonly #dialog = inject(Dialog);
  readonly #router = inject(Router);
  readonly #focus = inject(PageFocus);

  /** Whether a dialog is open. */
  get open(): boolean {
    return this.#dialog.openDialogs.length > 0;
  }

  /**
   * Shows a component as a dialog until it is closed.
   * @param name the accessible name of the dialog
   * @param data injected into the component as DIALOG_DATA
   * @param first the element that gets the focus
   * @returns the result of the dialog; undefined if it was dismissed
   */
  async show<Result>(
    component: Type<unknown>,
    name: string,
    data?: object,
    first?: DialogFocus,
  ): Promise<Result | undefined> {
    // A menu that opened this dialog first closes and restores the focus; the dialog later returns it there.
    await Promise.resolve();
    // A second press while the code is being loaded must not open a second dialog.
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

  /** Asks for confirmation, then runs the action. @returns whether it ran */
  async confirm(asked: Confirmation): Promise<boolean> {
    return (await this.show<boolean>(ConfirmDialog, asked.heading, asked, '[data-first]')) === true;
  }

  /** Removes the dialog's history entry, unless the user went back or to another page. */
  async #takeBack(step: string): Promise<void> {
    if ((history.state as { readonly dialog?: string } | null)?.dialog !== step || isLeavingPage()) return;
    const navigation = this.#router.getCurrentNavigation();
    if (navigation) {
      // The dialog opened another page, which replaces the entry.
      navigation.extras.replaceUrl = true;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, BACK_MS);
      const done = (): void => {
        clearTimeout(timer);
        // The router handles the change of history in a task of its own; it must not undo a later navigation.
        setTimeout(resolve);
      };
      addEventListener('popstate', done, { once: true });
      history.back();
    });
  }
}

/** How long to wait until the browser has gone back in its history. In milliseconds. */
const BACK_MS = 1_000;

/** Adds a history entry, so that the back button closes the dialog and nothing else. */
function pushStep(): string {
  const dialog = Math.random().toString(36).slice(2);
  history.pushState({ ...(history.state as object | null), dialog }, '');
  return dialog;
}
