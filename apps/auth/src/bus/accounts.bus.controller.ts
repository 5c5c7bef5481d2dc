import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, SchemaPipe } from '@app/platform';
import { Accounts } from '../accounts/accounts.js';
import { PasswordChange } from '../accounts/change-password.js';
import { AccountDeletion } from '../accounts/delete-account.js';
import { LogIn } from '../accounts/log-in.js';
import { Registration } from '../accounts/register.js';
import { PasswordReset } from '../accounts/reset-password.js';

/** Answers requests about accounts. */
@Controller()
@MapsErrors()
export class AccountsBusController {
  constructor(
    private readonly accounts: Accounts,
    private readonly registration: Registration,
    private readonly logIn: LogIn,
    private readonly passwordChange: PasswordChange,
    private readonly passwordReset: PasswordReset,
    private readonly deletion: AccountDeletion,
  ) {}

  /** Creates an account. */
  @MessageHandler('auth.register')
  register(
    @Payload(new SchemaPipe(SUBJECTS['auth.register'].request)) request: Request<'auth.register'>,
  ): Promise<Reply<'auth.register'>> {
    return this.registration.register(request);
  }

  /** Logs a user in. */
  @MessageHandler('auth.login')
  login(
    @Payload(new SchemaPipe(SUBJECTS['auth.login'].request)) request: Request<'auth.login'>,
  ): Promise<Reply<'auth.login'>> {
    return this.logIn.logIn(request);
  }

  /** Changes a password. */
  @MessageHandler('auth.password.change')
  changePassword(
    @Payload(new SchemaPipe(SUBJECTS['auth.password.change'].request))
    request: Request<'auth.password.change'>,
  ): Promise<Reply<'auth.password.change'>> {
    return this.passwordChange.change(request);
  }

  /** Sets a new password for the holder of a one-time token. */
  @MessageHandler('auth.password.reset')
  resetPassword(
    @Payload(new SchemaPipe(SUBJECTS['auth.password.reset'].request))
    request: Request<'auth.password.reset'>,
  ): Promise<Reply<'auth.password.reset'>> {
    return this.passwordReset.reset(request);
  }

  /** Deletes an account. */
  @MessageHandler('auth.account.delete')
  async delete(
    @Payload(new SchemaPipe(SUBJECTS['auth.account.delete'].request)) request: Request<'auth.account.delete'>,
  ): Promise<Reply<'auth.account.delete'>> {
    return { endedSessionIds: await this.deletion.delete(request) };
  }

  /** Returns users by id. */
  @MessageHandler('auth.users.get')
  async byIds(
    @Payload(new SchemaPipe(SUBJECTS['auth.users.get'].request)) { ids }: Request<'auth.users.get'>,
  ): Promise<Reply<'auth.users.get'>> {
    return { users: await this.accounts.byIds(ids) };
  }
}
