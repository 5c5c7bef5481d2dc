import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { ApiError } from '@app/client';
import { joinByKey } from '../../core/messenger/join-by-key';
import { Messenger } from '../../core/messenger/messenger';
import { passwordFault, typedName, usernameFault } from '../../core/session/account-rules';
import { Invite } from '../../core/session/invite';
import { PasswordStrength } from '../../core/session/password-strength';
import { SessionStore } from '../../core/session/session-store';
import { COMMON_WORDS } from '../../core/wording/common-words';
import { failureWords, fieldWords } from '../../core/wording/failure-words';
import { Brand } from '../../ui/brand';
import { Field } from '../../ui/field';
import { Icon } from '../../ui/icon';
import { PromisePicture } from './promise-picture';
import { SESSION_END_WORDS, SIGN_IN_WORDS } from './words';

/** The sign-up and log-in page. */
@Component({
  selector: 'app-sign-in-page',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Brand, Field, Icon, PasswordStrength, PromisePicture],
  templateUrl: './sign-in-page.html',
  styleUrl: './sign-in-page.css',
})
export class SignInPage {
  readonly #session = inject(SessionStore);
  readonly #messenger = inject(Messenger);
  readonly #invite = inject(Invite);
  readonly #router = inject(Router);

  /** Which of the two, from the route. */
  readonly how = input.required<'sign-up' | 'log-in'>();

  protected readonly words = SIGN_IN_WORDS;
  protected readonly common = COMMON_WORDS;
  protected readonly username = signal('');
  protected readonly password = signal('');
  protected readonly usernameError = signal('');
  protected readonly passwordError = signal('');
  protected readonly error = signal('');
  protected readonly busy = signal(false);
  protected readonly isNew = computed(() => this.how() === 'sign-up');
  protected readonly invited = computed(() => this.#invite.key() !== null);
  protected readonly ended = computed(() => {
    const reason = this.#session.endedBecause();
    return reason === null ? '' : SESSION_END_WORDS[reason];
  });

  private readonly usernameField = viewChild.required<Field>('name');
  private readonly passwordField = viewChild.required<Field>('secret');

  protected async enter(event: Event): Promise<void> {
    event.preventDefault();
    if (this.busy()) return;
    const username = typedName(this.usernameField().read());
    this.username.set(username);
    const password = this.passwordField().read();
    this.error.set('');
    this.#blame(
      this.isNew() ? usernameFault(username) : username === '' ? SIGN_IN_WORDS.enterUsername : '',
      this.isNew() ? passwordFault(password, username) : password === '' ? SIGN_IN_WORDS.enterPassword : '',
    );
    if (this.usernameError() !== '' || this.passwordError() !== '') return;
    this.busy.set(true);
    try {
      await this.#session.enter(this.how(), username, password);
      this.passwordField().conceal();
      await this.#router.navigateByUrl(await this.#whereTo());
    } catch (error) {
      this.#refused(error);
    } finally {
      this.busy.set(false);
    }
  }

  /** Opens the chat of an invite, or a page that shows why it could not be joined. */
  async #whereTo(): Promise<string> {
    const key = this.#invite.key();
    if (key === null) return this.#session.returnTo;
    const outcome = await joinByKey(this.#messenger, key);
    if (outcome.kind === 'refused') {
      this.#invite.refuse(outcome.message);
      return '/join';
    }
    this.#invite.take();
    return `/chats/${outcome.chat.id}`;
  }

  #refused(error: unknown): void {
    const taken = error instanceof ApiError && error.code === 'USERNAME_TAKEN';
    const nameWords = taken ? failureWords(error) : fieldWords(error, 'username');
    const passwordWords = fieldWords(error, 'password');
    if (nameWords === '' && passwordWords === '') this.error.set(failureWords(error));
    this.#blame(nameWords, passwordWords);
  }

  #blame(usernameError: string, passwordError: string): void {
    this.usernameError.set(usernameError);
    this.passwordError.set(passwordError);
    if (usernameError !== '') this.usernameField().focus();
    else if (passwordError !== '') this.passwordField().focus();
  }
}
