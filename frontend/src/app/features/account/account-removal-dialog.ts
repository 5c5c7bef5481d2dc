import { DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, signal, viewChild } from '@angular/core';
import { ApiError } from '@app/client';
import { SessionStore } from '../../core/session/session-store';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords } from '../../core/wording/failure-words';
import { DialogFrame } from '../../ui/dialog-frame';
import { Field } from '../../ui/field';
import { ACCOUNT_WORDS } from './words';

/** Asks for the password, then deletes the account. */
@Component({
  selector: 'app-account-removal-dialog',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [DialogFrame, Field],
  template: `
    <form novalidate (submit)="remove($event)">
      <app-dialog-frame [heading]="words.deleteQuestion">
        <p>{{ words.deleteConsequences }}</p>
        <app-field
          #secret
          [label]="common.password"
          name="password"
          type="password"
          autocomplete="current-password"
          [plain]="true"
          [error]="error()"
          [(value)]="password"
        />
        <ng-container actions>
          <button class="button outlined" type="button" data-first (click)="close()">
            {{ common.cancel }}
          </button>
          <button class="button dangerous" type="submit" [attr.aria-disabled]="busy()">
            {{ words.deleteButton }}
          </button>
        </ng-container>
      </app-dialog-frame>
    </form>
  `,
})
export class AccountRemovalDialog {
  readonly #dialog = inject(DialogRef);
  readonly #session = inject(SessionStore);
  protected readonly words = ACCOUNT_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly password = signal('');
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  private readonly secret = viewChild.required<Field>('secret');

  protected async remove(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    const password = this.secret().read();
    if (password === '') return this.#refuse(ACCOUNT_WORDS.enterPassword);
    this.busy.set(true);
    try {
      await this.#session.deleteAccount(password);
      this.close();
    } catch (error) {
      const wrong = error instanceof ApiError && error.code === 'INVALID_CREDENTIALS';
      this.#refuse(wrong ? ACCOUNT_WORDS.wrongPassword : failureWords(error));
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
