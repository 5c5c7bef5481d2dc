import { Inject, type OnModuleDestroy } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayInit } from '@nestjs/websockets';
import { LIMITS, type Ack, type AckError } from '@app/contracts/edge';
import { withRequestId, LOGGER, parsePayload, ApiError, toApiError, unavailable } from '@app/platform';
import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { AuthClient } from '../../services/auth.client.js';
import { ApiRate } from '../limits/api-rate.js';
import { MemberAccess } from '../../conversation/chats/member-access.js';
import { SendMessage } from '../../conversation/messages/send.js';
import { MessageStore } from '../../store/message-store.js';
import { MarkPayload, SendPayload, TypingPayload } from '../schemas/message.schemas.js';
import { Receipts } from '../../conversation/messages/receipts.js';
import { MessageRate } from '../limits/message-rate.js';
import { CONNECT_TIMEOUT_MS } from './engine/connection-limits.js';
import type { UserSocket } from './engine/user-socket.js';
import { UserSockets } from './user-sockets.js';
import { LastSeen } from '../../conversation/live/last-seen.js';
import { SessionCheck } from './session-check.js';
import { SocketAuth } from './socket-auth.js';
import { Typing } from '../../conversation/live/typing.js';

/**
 * How often a client is pinged, in milliseconds, so that it notices a silence of 5 s; and how long its answer may take:
 * a slow connection stays, and a silent one is cut within 30 s of its last packet.
 */
const PING_INTERVAL_MS = 2_500;
const PING_TIMEOUT_MS = 22_000;

type Answer = (answer: Ack) => void;
type Handler = (socket: UserSocket, payload: unknown, answer: Answer) => void | Promise<void>;

/**
 * The Socket.IO edge. Events are dispatched from one listener, not by Nest's decorators: each has an answer also
 * when its name is unknown, and the path of a message has no promise, pipe or observable of its own.
 */
@WebSocketGateway({
  path: '/socket.io',
  serveClient: false,
  perMessageDeflate: false,
  httpCompression: false,
  maxHttpBufferSize: LIMITS.bodyBytes,
  pingInterval: PING_INTERVAL_MS,
  pingTimeout: PING_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  cors: { origin: false },
})
export class RealtimeGateway implements OnGatewayInit<Server>, OnModuleDestroy {
  private server: Server | undefined;
  private draining = false;

  private readonly handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ['message:send', (socket, payload, answer) => this.send(socket, payload, answer)],
    ['message:delivered', (socket, payload, answer) => this.mark(socket, payload, 'delivered', answer)],
    ['message:read', (socket, payload, answer) => this.mark(socket, payload, 'read', answer)],
    ['typing', (socket, payload, answer) => this.type(socket, payload, answer)],
  ]);

  constructor(
    private readonly socketAuth: SocketAuth,
    private readonly auth: AuthClient,
    private readonly access: MemberAccess,
    private readonly sender: SendMessage,
    private readonly receipts: Receipts,
    private readonly typing: Typing,
    private readonly sockets: UserSockets,
    private readonly rate: MessageRate,
    private readonly api: ApiRate,
    private readonly lastSeen: LastSeen,
    private readonly store: MessageStore,
    private readonly sessionCheck: SessionCheck,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The names of the events that clients may send. */
  get eventNames(): string[] {
    return [...this.handlers.keys()];
  }

  /** Binds the server when it is up. */
  afterInit(server: Server): void {
    this.server = server;
    server.use((_socket, next) => {
      const { code, message } = unavailable('The server is about to restart');
      next(this.draining ? Object.assign(new Error(message), { data: { code, message } }) : undefined);
    });
    server.use(this.socketAuth.middleware as Parameters<Server['use']>[0]);
    server.on('connection', (socket) => this.connected(socket as unknown as UserSocket));
    this.sessionCheck.start();
  }

  /** Takes nothing new, lets what is under way be committed and answered, then closes the sockets. */
  async onModuleDestroy(): Promise<void> {
    this.sessionCheck.stop();
    this.draining = true;
    await this.store.drain();
    await this.lastSeen
      .writeConnected()
      .catch((error: unknown) => this.logger.error({ err: error }, 'who was connected could not be written'));
    this.server?.disconnectSockets(true);
  }

  private connected(socket: UserSocket): void {
    // The session may have ended between the handshake's check and now.
    if (this.auth.isEnded(socket.data.session.sessionId)) {
      socket.disconnect(true);
      return;
    }
    this.sockets.add(socket);
    socket.on('disconnect', (reason) => {
      this.sockets.remove(socket);
      // The connection ends with its only namespace.
      if (reason === 'client namespace disconnect') socket.conn.close(true);
    });
    socket.onAny((event: string, ...args: unknown[]) => this.dispatch(socket, event, args));
  }

  private dispatch(socket: UserSocket, event: string, args: unknown[]): void {
    const last = args.at(-1);
    const answer: Answer = typeof last === 'function' ? (last as Answer) : () => undefined;
    const refuse = (error: unknown): void =>
      answer({ ok: false, error: ackError(toApiError(error, this.logger)) });
    // Also one that only sends and never reads its acknowledgements.
    if (this.sockets.closeIfStalled(socket)) return;
    const handler = this.handlers.get(event);
    try {
      if (this.draining) throw unavailable();
      if (!handler) throw new ApiError('NOT_FOUND', 'Event not found');
      const payload = typeof args[0] === 'function' ? undefined : args[0];
      if (event === 'message:send') {
        // Its request id begins where another service must be asked, which is rare.
        void handler(socket, payload, answer);
        return;
      }
      limit(this.api.users.take(socket.data.session.user.id));
      withRequestId(() => handler(socket, payload, answer))?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  }

  private send(socket: UserSocket, payload: unknown, answer: Answer): void {
    const userId = socket.data.session.user.id;
    limit(this.rate.take(userId));
    const message = parsePayload(SendPayload, payload);
    this.sender.send(
      userId,
      message,
      (result) => {
        if (result instanceof ApiError) answer({ ok: false, error: ackError(result) });
        else answer({ ok: true, message: result.message } as Ack);
      },
      socket,
    );
  }

  private async mark(
    socket: UserSocket,
    payload: unknown,
    kind: 'delivered' | 'read',
    answer: Answer,
  ): Promise<void> {
    const { chatId, seq } = parsePayload(MarkPayload, payload);
    const { user, sessionId } = socket.data.session;
    await this.receipts.move(user.id, chatId, kind, seq, sessionId);
    answer({ ok: true });
  }

  private async type(socket: UserSocket, payload: unknown, answer: Answer): Promise<void> {
    const { chatId, typing } = parsePayload(TypingPayload, payload);
    const { sessionId, user } = socket.data.session;
    const userId = user.id;
    const access = await this.access.require(userId, chatId);
    if (this.sockets.hasEnded(sessionId)) throw new ApiError('UNAUTHENTICATED');
    this.typing.set(chatId, userId, typing, access.memberIds);
    answer({ ok: true });
  }
}

function limit(retryAfter: number): void {
  if (retryAfter > 0) throw new ApiError('RATE_LIMITED', undefined, { retryAfter });
}

function ackError({ code, message, details: { retryAfter } }: ApiError): AckError {
  return { code, message, ...(retryAfter !== undefined && { retryAfter }) };
}
