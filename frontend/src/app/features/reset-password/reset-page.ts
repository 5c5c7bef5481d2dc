import { Location } from '@angular/common';
import { ChangeDetectionStrategy, Component, inject, signal, viewChild } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { ActivatedRoute, RouterLink } from '@angular/router';
import { ApiError } from '@app/client';
import { Messenger } from '../../core/messenger/messenger';
import { passwordFault } from '../../core/session/account-rules';
import { PasswordStrength } from '../../core/session/password-strength';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords, fieldWords } from '../../core/wording/failure-words';
import { Brand } from '../../ui/brand';
import { Field } from '../../ui/field';
import { RESET_WORDS } from './words';

/** The page of a password reset link (`/reset#TOKEN`), on which its holder sets a new password. */
@Component({
  selector: 'app-reset-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Brand, Field, PasswordStrength],
  template: `
    <main>
      <app-brand [size]="40" />
      <form class="card stack" novalidate (submit)="reset($event)">
        <h1>{{ words.heading }}</h1>
        @if (doneFor(); as username) {
          <p class="notice" aria-live="polite">{{ words.done(username) }}</p>
          <a class="button filled" routerLink="/log-in">{{ common.logIn }}</a>
        } @else {
          <p class="soft">{{ words.meaning }}</p>
          <app-field
            #next
            [label]="common.newPassword"
            name="new-password"
            type="password"
            autocomplete="new-password"
            [hint]="common.newPasswordHint"
            [plain]="true"
            [error]="fieldError()"
            [(value)]="password"
          />
          <app-password-strength [password]="password()" />
          @if (error(); as words) {
            <p class="notice bad" role="alert">{{ words }}</p>
          }
          <button class="button filled wide" type="submit" [attr.aria-disabled]="busy()">
            {{ words.set }}
          </button>
        }
      </form>
    </main>
  `,
  styles: `
    main {
      display: grid;
      align-content: center;
      justify-items: center;
      gap: var(--space-5);
      min-height: 100dvh;
      padding: var(--space-5);
    }
    form {
      width: min(26rem, 100%);
    }
  `,
})
export class ResetPage {
  readonly #api = inject(Messenger).client.api;
  readonly #location = inject(Location);
  /** Only in memory. */
  #token = '';

  protected readonly words = RESET_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly password = signal('');
  protected readonly fieldError = signal('');
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  /** The user whose password was set; empty until then. */
  protected readonly doneFor = signal('');
  private readonly field = viewChild<Field>('next');

  constructor() {
    // Also when another link is opened while this page is shown.
    inject(ActivatedRoute)
      .fragment.pipe(takeUntilDestroyed())
      .subscribe((fragment) => this.#take(fragment));
  }

  /** Removes the token from the address immediately, so that it does not stay in the history. */
  #take(fragment: string | null): void {
    if (!fragment) return;
    this.#token = fragment;
    this.doneFor.set('');
    this.error.set('');
    this.#location.replaceState('/reset');
  }

  protected async reset(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.field();
    if (this.busy() || !field) return;
    const password = field.read();
    this.error.set('');
    this.fieldError.set(passwordFault(password, ''));
    if (this.fieldError() !== '') {
      field.focus();
      return;
    }
    this.busy.set(true);
    try {
      const { username } = await this.#api.resetPassword(this.#token, password);
      this.#token = '';
      this.password.set('');
      this.doneFor.set(username);
    } catch (error) {
      this.#refused(error, field);
    }
    this.busy.set(false);
  }

  #refused(error: unknown, field: Field): void {
    const words = fieldWords(error, 'newPassword');
    const noLink =
      error instanceof ApiError &&
      (error.code === 'NOT_FOUND' || error.errors.some(({ field: name }) => name === 'token'));
    this.fieldError.set(words);
    if (words !== '') field.focus();
    else this.error.set(noLink ? RESET_WORDS.noLink : failureWords(error));
  }
}
