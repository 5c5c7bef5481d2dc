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
 * The connection as people should see it. `connected`: live. `reconnecting`: the server is not reached and is
 * being tried. `offline`: the same, and the browser says that there is no network. `signed-out`: there is no
 * session, nothing is tried.
 */
export type ConnectionState = 'connected' | 'reconnecting' | 'offline' | 'signed-out';

/** Why the client is signed out: what the server said, or `unauthenticated` when it only refused. */
export type SignedOutReason = SessionEndReason | 'unauthenticated';

/** An event of the server with its payload. */
export type ServerEvent = {
  [Name in keyof ServerEventPayloads]: { readonly name: Name; readonly payload: ServerEventPayloads[Name] };
}[keyof ServerEventPayloads];

/** What a connection needs and tells. */
export interface ConnectionOptions {
  /** Origin of the server; empty for the page's own. */
  readonly url: string;
  readonly cookies: CookieJar | undefined;
  readonly onState: (state: ConnectionState, reason?: SignedOutReason) => void;
  readonly onEvent: (event: ServerEvent) => void;
  /** Whose connection it is to be: the server refuses the session of anybody else. */
  readonly userId?: string;
  /** The server refused the session; without this, that is the end. It is tried on until `stop`. */
  readonly onDenied?: () => void;
  /** A try got no answer from the server. */
  readonly onUnreached?: () => void;
}

type AckOf<Name extends keyof ClientEvents> = Parameters<Parameters<ClientEvents[Name]>[1]>[0];

/** The server answers or refuses within 3 s; what takes longer is lost. */
const ACK_TIMEOUT_MS = 5_000;
const ATTEMPT_TIMEOUT_MS = 8_000;

/** After so long without a packet people are told that the server is not reached; the connection is kept. */
const SILENCE_MS = 5_000;

/**
 * One live connection, made again whenever it is lost. Each try uses a new socket, so that nothing of an earlier
 * one (buffers, late events, cookies) comes through. A silence shows by the server's pings, which come every few
 * seconds; a connection that stays silent for the server's pingInterval and pingTimeout is given up.
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

  /** Connects, and goes on trying until `stop`. */
  start(): void {
    if (this.#stopListening) return;
    this.#stopListening = onNetworkChange((change) => this.#networkChanged(change));
    this.#setState(disconnectedState());
    this.#try();
  }

  /** Disconnects; nothing is tried any more. @param reason what is told with the state, if the server ended it */
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
   * @throws ApiError the refusal; SERVICE_UNAVAILABLE when there is no connection, or none any more, or no answer
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
      // Every second try begins with polling: a proxy that swallows websockets shows as a time-out.
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
    // A handshake refused for its rate or origin will be so for a while.
    const slow = cause && cause.code !== 'SERVICE_UNAVAILABLE' ? 2_000 : 0;
    this.#retry = setTimeout(() => this.#try(), slow + this.#backoff.next());
    this.#setState(disconnectedState());
  }

  #networkChanged(change: NetworkChange): void {
    // Without a network a server on the same machine still answers: so it is tried on, and may be connected.
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
