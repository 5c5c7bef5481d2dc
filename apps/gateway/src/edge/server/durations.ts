import type { Server } from 'node:http';

/** How long what a connection does may take, in milliseconds. */
export interface Durations {
  /** Until the header of a request is there, from the connection's beginning or the request's first byte. */
  readonly headersMs: number;
  /** Until a request is there with its body. What needs the body gives up earlier. */
  readonly requestMs: number;
  /** How long nothing may move on a connection that is read from or written to. */
  readonly stallMs: number;
  /** How long a connection without a request is kept. */
  readonly idleMs: number;
  /** How often the first two are checked. */
  readonly checkMs: number;
}

const DURATIONS: Durations = {
  headersMs: 10_000,
  requestMs: 20_000,
  stallMs: 30_000,
  // Longer than the proxies in front keep theirs (2 minutes are Caddy's), or one of them would now and then send a request
  // on a connection that is just being closed.
  idleMs: 130_000,
  checkMs: 2_000,
};

/**
 * Ends connections whose requests arrive too slowly, and those whose answers nobody reads. A slow reader is none of
 * them: the socket's timer looks at what is left to be written.
 * @param server that does not listen yet
 */
export function limitDurations(server: Server, durations: Durations = DURATIONS): void {
  server.headersTimeout = durations.headersMs;
  server.requestTimeout = durations.requestMs;
  server.timeout = durations.stallMs;
  server.keepAliveTimeout = durations.idleMs;
  // An option of createServer, which the framework does not pass on; read when the server begins to listen.
  Object.assign(server, { connectionsCheckingInterval: durations.checkMs });
}
