import type { Server } from 'node:http';

/** The time limits of a connection, in milliseconds. */
export interface Durations {
  /** For the header of a request, from the connection's beginning or the request's first byte. */
  readonly headersMs: number;
  /** For a request with its body. The body guard gives up earlier. */
  readonly requestMs: number;
  /** How long a request or an answer may make no progress. */
  readonly stallMs: number;
  /** How long a connection without a request stays open. */
  readonly idleMs: number;
  /** How often the first two are checked. */
  readonly checkMs: number;
}

const DURATIONS: Durations = {
  headersMs: 10_000,
  requestMs: 20_000,
  stallMs: 30_000,
  // Longer than proxies keep theirs (Caddy: 2 minutes): else a proxy could send a request on a connection that is just
  // being closed.
  idleMs: 130_000,
  checkMs: 2_000,
};

/**
 * Closes connections whose requests arrive too slowly, and those whose answers nobody reads. It does not close those of
 * slow readers: the socket's timer starts anew whenever bytes have been written.
 * @param server that does not listen yet
 */
export function limitDurations(server: Server, durations: Durations = DURATIONS): void {
  server.headersTimeout = durations.headersMs;
  server.requestTimeout = durations.requestMs;
  server.timeout = durations.stallMs;
  server.keepAliveTimeout = durations.idleMs;
  // An option of createServer, which the framework does not pass on. Node reads it when the server begins to listen.
  Object.assign(server, { connectionsCheckingInterval: durations.checkMs });
}
