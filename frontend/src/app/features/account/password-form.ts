import { ChangeDetectionStrategy, Component, inject, output, signal, viewChild } from '@angular/core';
import { ApiError } from '@app/client';
import { Messenger } from '../../core/messenger/messenger';
import { passwordFault } from '../../core/session/account-rules';
import { PasswordStrength } from '../../core/session/password-strength';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords, fieldWords } from '../../core/wording/failure-words';
import { Field } from '../../ui/field';
import { ACCOUNT_WORDS } from './words';

/** Changes the password. */
@Component({
  selector: 'app-password-form',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Field, PasswordStrength],
  template: `
    <form class="card stack" novalidate (submit)="change($event)">
      <h2>{{ common.password }}</h2>
      <!-- Tells password managers whose password it is. -->
      <input
        class="unseen"
        type="text"
        name="username"
        autocomplete="username"
        tabindex="-1"
        aria-hidden="true"
        readonly
        [value]="user()?.username ?? ''"
      />
      <app-field
        #current
        [label]="words.currentPassword"
        name="current-password"
        type="password"
        autocomplete="current-password"
        [plain]="true"
        [error]="currentError()"
        [(value)]="currentPassword"
      />
      <app-field
        #next
        [label]="common.newPassword"
        name="new-password"
        type="password"
        autocomplete="new-password"
        [hint]="words.newPasswordHint"
        [plain]="true"
        [error]="newError()"
        [(value)]="newPassword"
      />
      <app-password-strength [password]="newPassword()" [username]="user()?.username ?? ''" />
      @if (error(); as words) {
        <p class="notice bad" role="alert">{{ words }}</p>
      }
      @if (done()) {
        <p class="notice" aria-live="polite">{{ words.passwordChanged }}</p>
      }
      <div class="actions">
        <button class="button filled" type="submit" [attr.aria-disabled]="busy()">
          {{ words.changePassword }}
        </button>
      </div>
    </form>
  `,
})
export class PasswordForm {
  readonly #messenger = inject(Messenger);
  /** Emits when the password was changed. */
  readonly changed = output();

  protected readonly words = ACCOUNT_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly user = this.#messenger.user;
  protected readonly currentPassword = signal('');
  protected readonly newPassword = signal('');
  protected readonly currentError = signal('');
  protected readonly newError = signal('');
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  protected readonly done = signal(false);
  private readonly current = viewChild.required<Field>('current');
  private readonly next = viewChild.required<Field>('next');

  protected async change(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    this.done.set(false);
    this.error.set('');
    const [current, next] = [this.current().read(), this.next().read()];
    this.#blame(
      current === '' ? ACCOUNT_WORDS.enterCurrentPassword : '',
      passwordFault(next, this.user()?.username ?? ''),
    );
    if (this.currentError() !== '' || this.newError() !== '') return;
    this.busy.set(true);
    try {
      await this.#messenger.client.api.changePassword(current, next);
      this.currentPassword.set('');
      this.newPassword.set('');
      this.done.set(true);
      this.changed.emit();
    } catch (error) {
      this.#refused(error);
    }
    this.busy.set(false);
  }

  #refused(error: unknown): void {
    const wrong = error instanceof ApiError && error.code === 'INVALID_CREDENTIALS';
    const newWords = fieldWords(error, 'newPassword');
    if (!wrong && newWords === '') this.error.set(failureWords(error));
    this.#blame(wrong ? ACCOUNT_WORDS.wrongPassword : '', newWords);
  }

  #blame(currentError: string, newError: string): void {
    this.currentError.set(currentError);
    this.newError.set(newError);
    if (currentError !== '') this.current().focus();
    else if (newError !== '') this.next().focus();
  }
}
