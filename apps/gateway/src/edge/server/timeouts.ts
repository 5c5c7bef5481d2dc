import type { Server } from 'node:http';

/** The timeouts of a connection, in milliseconds. */
export interface Durations {
  /** For the headers of a request, from its first byte or from the opening of the connection. */
  readonly headersMs: number;
  /** For a request with its body. `BodyGuard` gives up earlier. */
  readonly requestMs: number;
  /** For a connection on which no byte moves during a request or an answer. */
  readonly stallMs: number;
  /** For a connection without a request. */
  readonly idleMs: number;
  /** How often `headersMs` and `requestMs` are checked. */
  readonly checkMs: number;
}

const DURATIONS: Durations = {
  headersMs: 10_000,
  requestMs: 20_000,
  stallMs: 30_000,
  // Longer than proxies keep idle connections (Caddy: 2 minutes): otherwise a proxy could send a request on a connection
  // that the server is closing.
  idleMs: 130_000,
  checkMs: 2_000,
};

/**
 * Closes connections whose requests arrive too slowly and those whose answers nobody reads. A slow reader keeps its
 * connection: any progress restarts the socket's timer.
 * @param server that does not listen yet
 */
export function setTimeouts(server: Server, durations: Durations = DURATIONS): void {
  server.headersTimeout = durations.headersMs;
  server.requestTimeout = durations.requestMs;
  server.timeout = durations.stallMs;
  server.keepAliveTimeout = durations.idleMs;
  // An option of `createServer` that Nest does not pass on. Node reads it when the server begins to listen.
  Object.assign(server, { connectionsCheckingInterval: durations.checkMs });
}
