import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal, viewChild } from '@angular/core';
import { ApiError } from '@app/client';
import { SessionStore } from '../../core/session/session-store';
import { failureWords } from '../../core/wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Field } from '../../ui/field';

/** Asks for the password, then deletes the account. */
@Component({
  selector: 'app-account-removal-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Field],
  template: `
    <form novalidate (submit)="remove($event)">
      <app-dialog-frame heading="Delete your account?">
        <p>
          Every message you wrote is erased on the server, you leave every chat, and your name is free for
          others. This cannot be undone.
        </p>
        <app-field
          #secret
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          [plain]="true"
          [error]="error()"
          [(value)]="password"
        />
        <ng-container actions>
          <button class="button outlined" type="button" data-first (click)="close()">Cancel</button>
          <button class="button dangerous" type="submit" [attr.aria-disabled]="busy()">Delete account</button>
        </ng-container>
      </app-dialog-frame>
    </form>
  `,
})
export class AccountRemovalDialog {
  readonly #dialog = inject(DialogRef);
  readonly #session = inject(SessionStore);
  protected readonly password = signal('');
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  private readonly secret = viewChild.required<Field>('secret');

  protected async remove(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    const password = this.secret().read();
    if (password === '') return this.#refuse('Enter your password.');
    this.busy.set(true);
    try {
      await this.#session.deleteAccount(password);
      this.close();
    } catch (error) {
      const wrong = error instanceof ApiError && error.code === 'INVALID_CREDENTIALS';
      this.#refuse(wrong ? 'This is not your password.' : failureWords(error));
    }
    this.busy.set(false);
  }

  protected close(): void {
    this.#dialog.close();
  }

  #refuse(words: string): void {
    this.error.set(words);
    this.secret().focus();
  }
}
