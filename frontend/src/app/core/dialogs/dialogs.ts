import { Dialog } from '@angular/cdk/dialog';
import { inject, Injectable, type Type } from '@angular/core';
import { firstValueFrom } from 'rxjs';
import { type DialogFocus, dialogLook } from '../../ui/dialog-look';
import { type Confirmation, ConfirmDialog } from './confirm-dialog';

/** Opens dialogs that all look and behave alike. */
@Injectable({ providedIn: 'root' })
export class Dialogs {
  readonly #dialog = inject(Dialog);

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
    return firstValueFrom(this.#dialog.open<Result>(component, data ? { ...look, data } : look).closed);
  }

  /** Asks before something is done. @returns whether it was done */
  async confirm(asked: Confirmation): Promise<boolean> {
    return (await this.show<boolean>(ConfirmDialog, asked.heading, asked, '[data-first]')) === true;
  }
}
