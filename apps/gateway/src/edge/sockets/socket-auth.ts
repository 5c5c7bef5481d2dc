import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '@app/contracts/edge';
import { withRequestId, LOGGER, ApiError, toApiError } from '@app/platform';
import type { Logger } from 'pino';
import { AuthClient, sessionDigest } from '../../services/auth.client.js';
import { SessionCookie } from '../session/session-cookie.js';
import { SETTINGS, type GatewaySettings } from '../../settings/config.js';
import { ApiRate } from '../limits/api-rate.js';
import { isForeignOrigin } from '../http/pipeline/origin.guard.js';
import { ConnectionLimits } from './engine/connection-limits.js';
import type { UserSocket } from './engine/user-socket.js';
import { UserSockets } from './user-sockets.js';

/** Authenticates handshakes: checks origin, rate of the address, session, rate and connections of the user. */
@Injectable()
export class SocketAuth {
  /** The number of handshakes accepted for each user in this event-loop iteration. */
  private readonly admitted = new Map<string, number>();
  /** The connections with a connected or connecting socket. */
  private readonly inUse = new WeakSet<UserSocket['conn']>();
  /** The connections with a refused handshake. */
  private readonly refusedBefore = new WeakSet<UserSocket['conn']>();

  constructor(
    private readonly auth: AuthClient,
    private readonly cookie: SessionCookie,
    private readonly api: ApiRate,
    private readonly connections: ConnectionLimits,
    private readonly sockets: UserSockets,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Socket.IO's middleware: attaches the session to a socket, or refuses it with `{code, message}` as data. */
  readonly middleware = (socket: UserSocket, next: (error?: Error) => void): void => {
    const { conn } = socket;
    // A connection has one socket. A second connect packet before the answer to the first would create another.
    if (this.inUse.has(conn)) {
      conn.close(true);
      return;
    }
    this.inUse.add(conn);
    const first = !this.refusedBefore.has(conn);
    withRequestId(() => this.admit(socket, first)).then(
      () => {
        this.connections.connected(conn);
        next();
      },
      (error: unknown) => {
        this.inUse.delete(conn);
        this.refusedBefore.add(conn);
        const { code, message } = toApiError(error, this.logger);
        next(Object.assign(new Error(message), { data: { code, message } }));
      },
    );
  };

  private async admit(socket: UserSocket, first: boolean): Promise<void> {
    const { request } = socket;
    if (isForeignOrigin(request.headers.origin, this.settings.PUBLIC_ORIGIN))
      throw new ApiError('ORIGIN_REFUSED');
    this.connections.countHandshake(request, first);
    const token = this.cookie.read(request.headers.cookie);
    if (token === undefined) throw new ApiError('UNAUTHENTICATED');
    const session = await this.auth.verify(sessionDigest(token));
    this.connections.requireRoom(request);
    const retryAfter = this.api.users.take(session.user.id);
    if (retryAfter > 0) throw new ApiError('RATE_LIMITED', undefined, { retryAfter });
    const { id } = session.user;
    // The page may belong to another user than the browser's current cookie: its unsent messages are not this user's.
    const expected: unknown = (socket.handshake.auth as Record<string, unknown>)['userId'];
    if (expected !== undefined && expected !== id)
      throw new ApiError('UNAUTHENTICATED', 'The session belongs to another user');
    const admitted = this.admitted.get(id) ?? 0;
    if (this.sockets.count(id) + admitted >= LIMITS.socketsPerUser)
      throw new ApiError('RATE_LIMITED', 'Too many open connections of this user');
    // Handshakes that waited for the same answer of auth all continue before the first of them is connected.
    if (admitted === 0) process.nextTick(() => this.admitted.delete(id));
    this.admitted.set(id, admitted + 1);
    socket.data.session = session;
  }
}
