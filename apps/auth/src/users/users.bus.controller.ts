import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { Answers, AnswersErrors, SchemaPipe } from '@app/platform';
import { AccountCare } from './account-care.js';
import { UsersService } from './users.service.js';

/** Answers for accounts. */
@Controller()
@AnswersErrors()
export class UsersBusController {
  constructor(
    private readonly users: UsersService,
    private readonly care: AccountCare,
  ) {}

  /** Makes an account. */
  @Answers('auth.register')
  register(
    @Payload(new SchemaPipe(SUBJECTS['auth.register'].request)) request: Request<'auth.register'>,
  ): Promise<Reply<'auth.register'>> {
    return this.users.register(request);
  }

  /** Logs in. */
  @Answers('auth.login')
  login(
    @Payload(new SchemaPipe(SUBJECTS['auth.login'].request)) request: Request<'auth.login'>,
  ): Promise<Reply<'auth.login'>> {
    return this.users.login(request);
  }

  /** Changes a password. */
  @Answers('auth.password.change')
  changePassword(
    @Payload(new SchemaPipe(SUBJECTS['auth.password.change'].request))
    request: Request<'auth.password.change'>,
  ): Promise<Reply<'auth.password.change'>> {
    return this.users.changePassword(request);
  }

  /** Sets a new password for the holder of a one-time token. */
  @Answers('auth.password.reset')
  resetPassword(
    @Payload(new SchemaPipe(SUBJECTS['auth.password.reset'].request))
    request: Request<'auth.password.reset'>,
  ): Promise<Reply<'auth.password.reset'>> {
    return this.care.resetPassword(request);
  }

  /** Deletes an account. */
  @Answers('auth.account.delete')
  delete(
    @Payload(new SchemaPipe(SUBJECTS['auth.account.delete'].request)) request: Request<'auth.account.delete'>,
  ): Promise<Reply<'auth.account.delete'>> {
    return this.users.delete(request);
  }

  /** Gives users by id. */
  @Answers('auth.users.get')
  async byIds(
    @Payload(new SchemaPipe(SUBJECTS['auth.users.get'].request)) { ids }: Request<'auth.users.get'>,
  ): Promise<Reply<'auth.users.get'>> {
    return { users: await this.users.byIds(ids) };
  }
}
