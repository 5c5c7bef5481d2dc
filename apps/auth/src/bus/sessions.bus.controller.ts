import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SUBJECTS, type Reply, type Request } from '@app/contracts/bus';
import { MessageHandler, MapsErrors, SchemaPipe } from '@app/platform';
import { SessionEnd } from '../sessions/end-session.js';
import { Sessions } from '../sessions/sessions.js';
import { SessionVerification } from '../sessions/verify-session.js';

/** Answers requests about sessions. */
@Controller()
@MapsErrors()
export class SessionsBusController {
  constructor(
    private readonly sessions: Sessions,
    private readonly verification: SessionVerification,
    private readonly sessionEnd: SessionEnd,
  ) {}

  /** Returns the user of a session. */
  @MessageHandler('auth.session.verify')
  verify(
    @Payload(new SchemaPipe(SUBJECTS['auth.session.verify'].request))
    { digest }: Request<'auth.session.verify'>,
  ): Promise<Reply<'auth.session.verify'>> {
    return this.verification.verify(digest);
  }

  /** Returns which of these sessions have ended. */
  @MessageHandler('auth.session.check')
  async check(
    @Payload(new SchemaPipe(SUBJECTS['auth.session.check'].request))
    { sessionIds }: Request<'auth.session.check'>,
  ): Promise<Reply<'auth.session.check'>> {
    return { ended: await this.verification.check(sessionIds) };
  }

  /** Lists the sessions of a user. */
  @MessageHandler('auth.session.list')
  async list(
    @Payload(new SchemaPipe(SUBJECTS['auth.session.list'].request)) { userId }: Request<'auth.session.list'>,
  ): Promise<Reply<'auth.session.list'>> {
    return { sessions: await this.sessions.list(userId) };
  }

  /** Ends one session. */
  @MessageHandler('auth.session.revoke')
  async revoke(
    @Payload(new SchemaPipe(SUBJECTS['auth.session.revoke'].request)) request: Request<'auth.session.revoke'>,
  ): Promise<Reply<'auth.session.revoke'>> {
    await this.sessionEnd.revoke(request.userId, request.sessionId, request.bySessionId);
    return { sessionId: request.sessionId };
  }

  /** Ends the session with this digest. */
  @MessageHandler('auth.logout')
  async logout(
    @Payload(new SchemaPipe(SUBJECTS['auth.logout'].request)) { digest }: Request<'auth.logout'>,
  ): Promise<Reply<'auth.logout'>> {
    return { sessionId: await this.sessionEnd.logOut(digest) };
  }
}
