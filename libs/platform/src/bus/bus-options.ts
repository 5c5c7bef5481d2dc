import { credsAuthenticator, nkeyAuthenticator, type ConnectionOptions } from '@nats-io/transport-node';
import type { BusLogin } from '../config/service-settings.js';

/** The header of a bus message that carries the id of the request it belongs to. */
export const REQUEST_ID_HEADER = 'X-Request-Id';

/**
 * Returns how a service connects: it reconnects without a limit, and has an inbox prefix of its own, so that its NATS user
 * needs no permission to subscribe to other services' replies.
 * @param service the service's name
 * @param login servers and credentials
 */
export function connectionOptions(service: string, login: BusLogin): ConnectionOptions {
  const { credentials } = login;
  return {
    servers: [...login.servers],
    name: service,
    ...(login.user !== undefined && { user: login.user }),
    ...(login.pass !== undefined && { pass: login.pass }),
    ...(credentials && { authenticator: authenticator(credentials) }),
    // With this the client refuses a server without TLS.
    ...(login.authority !== undefined && { tls: { ca: login.authority } }),
    inboxPrefix: `_INBOX_${service}`,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
}

function authenticator(credentials: Uint8Array): NonNullable<ConnectionOptions['authenticator']> {
  const text = new TextDecoder().decode(credentials);
  if (text.includes('BEGIN NATS USER JWT')) return credsAuthenticator(credentials);
  const seed = /\bSU[A-Z2-7]{56}\b/.exec(text)?.[0];
  return nkeyAuthenticator(new TextEncoder().encode(seed ?? text.trim()));
}
