import type {
  Ack,
  ClientEvents,
  HandshakeRefusal,
  ServerEventPayloads,
  SessionEndReason,
} from '@app/contracts/edge';
import { isErrorCode } from '@app/contracts/edge';
import { io, type Socket } from 'socket.io-client';
import { ApiError, fromAck, unreachable } from './api-error.js';
import { Backoff } from './backoff.js';
import type { CookieJar } from './cookie-jar.js';
import { hasNetwork, onNetworkChange, type NetworkChange } from './network.js';

/**
 * The state of the connection. `connected`: live. `reconnecting`: the server is unreachable, and the client retries.
 * `offline`: the same, and the browser reports no network. `signed-out`: there is no session, and the client does not
 * retry.
 */
export type ConnectionState = 'connected' | 'reconnecting' | 'offline' | 'signed-out';

/** Why the client is signed out: the server's reason, or `unauthenticated` if it gave none. */
export type SignedOutReason = SessionEndReason | 'unauthenticated';

/** An event from the server with its payload. */
export type ServerEvent = {
  [Name in keyof ServerEventPayloads]: { readonly name: Name; readonly payload: ServerEventPayloads[Name] };
}[keyof ServerEventPayloads];

/** The dependencies and callbacks of a connection. */
export interface ConnectionOptions {
  /** Origin of the server; empty for the page's origin. */
  readonly url: string;
  readonly cookies: CookieJar | undefined;
  readonly onState: (state: ConnectionState, reason?: SignedOutReason) => void;
  readonly onEvent: (event: ServerEvent) => void;
  /** The user of the connection: the server refuses the session of any other user. */
  readonly userId?: string;
  /**
   * Called when the server refuses the session. With this callback the client retries until `stop`; without it, it
   * stops.
   */
  readonly onDenied?: () => void;
  /** Called when an attempt got no answer from the server. */
  readonly onUnreached?: () => void;
}

type AckOf<Name extends keyof ClientEvents> = Parameters<Parameters<ClientEvents[Name]>[1]>[0];

/** The server answers within 3 s; a call that takes longer is lost. */
const ACK_TIMEOUT_MS = 5_000;
const ATTEMPT_TIMEOUT_MS = 8_000;

/** After this time without a packet, the state becomes `reconnecting`; the connection is kept. */
const SILENCE_MS = 5_000;

/**
 * A live connection that reconnects whenever it is lost. Each attempt uses a new socket, so that nothing of an earlier
 * one (buffers, late events, cookies) remains. The server sends pings every few seconds, so silence means a dead
 * connection: after the server's pingInterval and pingTimeout the client closes it.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #backoff = new Backoff();
  readonly #waiting = new Set<(error: ApiError) => void>();
  #socket: Socket | undefined;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #stopListening: (() => void) | undefined;
  #state: ConnectionState = 'signed-out';

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects, and retries until `stop`. */
  start(): void {
    if (this.#stopListening) return;
    this.#stopListening = onNetworkChange((change) => this.#networkChanged(change));
    this.#setState(disconnectedState());
    this.#try();
  }

  /** Disconnects and stops retrying. @param reason passed on with the state, if the server ended the session */
  stop(reason?: SignedOutReason): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#drop();
    this.#tries = 0;
    this.#backoff.reset();
    this.#setState('signed-out', reason);
  }

  /**
   * Sends an event and waits for its acknowledgement.
   * @throws ApiError the error of the acknowledgement; SERVICE_UNAVAILABLE without a connection or an answer
   */
  request<Name extends keyof ClientEvents>(
    event: Name,
    payload: Parameters<ClientEvents[Name]>[0],
  ): Promise<Extract<AckOf<Name>, { ok: true }>> {
    const socket = this.#socket;
    if (!socket?.connected) return Promise.reject(unreachable('There is no connection'));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(fail);
      };
      const fail = (error: ApiError): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(fail, ACK_TIMEOUT_MS, unreachable('The server did not answer in time'));
      this.#waiting.add(fail);
      socket.emit(event, payload, (answer: Ack) => {
        if (!answer.ok) {
          fail(fromAck(answer.error));
          if (answer.error.code === 'UNAUTHENTICATED') this.stop('unauthenticated');
          return;
        }
        settle();
        resolve(answer as Extract<AckOf<Name>, { ok: true }>);
      });
    });
  }

  #try(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const cookie = this.#options.cookies?.header();
    const socket = io(this.#options.url, {
      forceNew: true,
      multiplex: false,
      reconnection: false,
      timeout: ATTEMPT_TIMEOUT_MS / 2,
      // Every second attempt starts with polling: a proxy that blocks WebSockets causes a timeout.
      transports: this.#tries++ % 2 === 0 ? ['websocket', 'polling'] : ['polling', 'websocket'],
      ...(cookie ? { extraHeaders: { cookie } } : {}),
      ...(this.#options.userId === undefined ? {} : { auth: { userId: this.#options.userId } }),
    });
    this.#socket = socket;
    this.#retry = setTimeout(() => this.#refused(undefined), ATTEMPT_TIMEOUT_MS);
    socket.on('connect', () => this.#connected());
    socket.on('connect_error', (error: Error & { data?: Partial<HandshakeRefusal> }) =>
      this.#refused(error.data),
    );
    socket.on('disconnect', () => this.#lost());
    socket.onAny((name: string, payload: unknown) => this.#receive({ name, payload } as ServerEvent));
  }

  #connected(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#tries = 0;
    this.#backoff.reset();
    const socket = this.#socket;
    socket?.io.engine.on('packet', () => {
      if (this.#socket === socket) this.#heard();
    });
    this.#heard();
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#setState(disconnectedState()), SILENCE_MS);
    this.#setState('connected');
  }

  #receive(event: ServerEvent): void {
    this.#options.onEvent(event);
    if (event.name === 'session:ended') this.stop(event.payload.reason);
  }

  #refused(refusal: Partial<HandshakeRefusal> | undefined): void {
    const { onDenied, onUnreached } = this.#options;
    if (refusal?.code === 'UNAUTHENTICATED') {
      if (!onDenied) return this.stop('unauthenticated');
      this.#lost();
      onDenied();
    } else if (isErrorCode(refusal?.code)) {
      this.#lost(new ApiError(refusal.code, { detail: refusal.message ?? '' }));
    } else {
      this.#lost();
      onUnreached?.();
    }
  }

  #lost(cause?: ApiError): void {
    this.#drop();
    // A handshake that is refused for its rate or origin is refused for a while.
    const slow = cause && cause.code !== 'SERVICE_UNAVAILABLE' ? 2_000 : 0;
    this.#retry = setTimeout(() => this.#try(), slow + this.#backoff.next());
    this.#setState(disconnectedState());
  }

  #networkChanged(change: NetworkChange): void {
    // A server on the same machine answers without a network, so the client keeps trying.
    if (change === 'lost') return this.#lost();
    if (this.#state === 'connected') return;
    this.#setState(disconnectedState());
    this.#backoff.reset();
    this.#drop();
    this.#try();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.off();
    socket?.offAny();
    socket?.disconnect();
    for (const fail of this.#waiting) fail(unreachable('The connection was lost'));
  }

  #setState(state: ConnectionState, reason?: SignedOutReason): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state, reason);
  }
}

function disconnectedState(): ConnectionState {
  return hasNetwork() ? 'reconnecting' : 'offline';
}
