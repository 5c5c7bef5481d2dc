import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { inRequest, LOGGER, Refusal, toRefusal } from '@app/platform';
import type { Logger } from 'pino';
import { AuthClient, sessionDigest } from '../../services/auth.client.js';
import { SessionCookie } from '../session/session-cookie.js';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { ApiRate } from '../limits/api-rate.js';
import { isForeignOrigin } from '../http/pipeline/origin.guard.js';
import { ConnectionLimits } from './engine/connection-limits.js';
import type { UserSocket } from './engine/user-socket.js';
import { UserSockets } from './user-sockets.js';

/** Decides who may connect: origin, session, rate, in this order. */
@Injectable()
export class SocketAuth {
  /** The handshakes of each user that were let in during this turn of the event loop. */
  private readonly admitted = new Map<string, number>();
  /** The connections whose socket is connected, or about to be. */
  private readonly served = new WeakSet<UserSocket['conn']>();
  private readonly refusedOnce = new WeakSet<UserSocket['conn']>();

  constructor(
    private readonly auth: AuthClient,
    private readonly cookie: SessionCookie,
    private readonly api: ApiRate,
    private readonly connections: ConnectionLimits,
    private readonly sockets: UserSockets,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Socket.IO's middleware: lets a socket in with its session, or refuses it with `{code, message}` as data. */
  readonly middleware = (socket: UserSocket, next: (error?: Error) => void): void => {
    const { conn } = socket;
    // A connection has one socket: a second request to connect, before the first is answered, would make two.
    if (this.served.has(conn)) {
      conn.close(true);
      return;
    }
    this.served.add(conn);
    const first = !this.refusedOnce.has(conn);
    inRequest(() => this.admit(socket, first)).then(
      () => {
        this.connections.connected(conn);
        next();
      },
      (error: unknown) => {
        this.served.delete(conn);
        this.refusedOnce.add(conn);
        const { code, message } = toRefusal(error, this.logger);
        next(Object.assign(new Error(message), { data: { code, message } }));
      },
    );
  };

  private async admit(socket: UserSocket, first: boolean): Promise<void> {
    const { request } = socket;
    if (isForeignOrigin(request.headers.origin, this.settings.PUBLIC_ORIGIN))
      throw new Refusal('ORIGIN_REFUSED');
    this.connections.countHandshake(request, first);
    const token = this.cookie.read(request.headers.cookie);
    if (token === undefined) throw new Refusal('UNAUTHENTICATED');
    const session = await this.auth.verify(sessionDigest(token));
    this.connections.requireRoom(request);
    const retryAfter = this.api.users.take(session.user.id);
    if (retryAfter > 0) throw new Refusal('RATE_LIMITED', undefined, { retryAfter });
    const { id } = session.user;
    // A page may be another user's than the browser's cookie by now: what it has to send is not this one's.
    const expected: unknown = (socket.handshake.auth as Record<string, unknown>)['userId'];
    if (expected !== undefined && expected !== id)
      throw new Refusal('UNAUTHENTICATED', 'The session belongs to another user');
    const admitted = this.admitted.get(id) ?? 0;
    if (this.sockets.count(id) + admitted >= LIMITS.socketsPerUser)
      throw new Refusal('RATE_LIMITED', 'There are too many open connections of this user');
    // Handshakes that were waiting for one answer go on in the same turn, before any of them is connected.
    if (admitted === 0) process.nextTick(() => this.admitted.delete(id));
    this.admitted.set(id, admitted + 1);
    socket.data.session = session;
  }
}
