import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, SchemaPipe } from '@app/platform';
import { AccountDeletion } from '../accounts/delete-account.js';
import { OperatorSessions } from '../accounts/operator-sessions.js';
import { PasswordReset } from '../accounts/reset-password.js';

/** Answers the operator: only their NATS user may send these requests. */
@Controller()
@MapsErrors()
export class OperatorBusController {
  constructor(
    private readonly passwordReset: PasswordReset,
    private readonly sessions: OperatorSessions,
    private readonly deletion: AccountDeletion,
  ) {}

  /** Stores the digest of a one-time token for a new password. */
  @MessageHandler('operator.reset')
  createLink(
    @Payload(new SchemaPipe(SUBJECTS['operator.reset'].request)) request: Request<'operator.reset'>,
  ): Promise<Reply<'operator.reset'>> {
    return this.passwordReset.createLink(request);
  }

  /** Lists the sessions of an account. */
  @MessageHandler('operator.sessions.list')
  async listSessions(
    @Payload(new SchemaPipe(SUBJECTS['operator.sessions.list'].request))
    { username }: Request<'operator.sessions.list'>,
  ): Promise<Reply<'operator.sessions.list'>> {
    return { sessions: await this.sessions.list(username) };
  }

  /** Ends all sessions of an account. */
  @MessageHandler('operator.sessions.end')
  async endSessions(
    @Payload(new SchemaPipe(SUBJECTS['operator.sessions.end'].request))
    { username }: Request<'operator.sessions.end'>,
  ): Promise<Reply<'operator.sessions.end'>> {
    return { endedSessionIds: await this.sessions.endAll(username) };
  }

  /** Deletes an account. */
  @MessageHandler('operator.delete')
  async delete(
    @Payload(new SchemaPipe(SUBJECTS['operator.delete'].request)) { username }: Request<'operator.delete'>,
  ): Promise<Reply<'operator.delete'>> {
    return { endedSessionIds: await this.deletion.deleteByName(username) };
  }
}
