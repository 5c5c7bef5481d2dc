import type { NatsConnection } from '@nats-io/transport-node';

/** A reply as any NATS client reads it. */
export interface BareReply {
  readonly data?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly errors?: readonly { field: string }[];
  };
}

/**
 * Sends a request as any NATS client would: plain JSON in, plain JSON out.
 * @param body the payload; a string is sent unchanged, so that it need not be JSON
 */
export async function bareRequest(bus: NatsConnection, subject: string, body: unknown): Promise<BareReply> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await bus.request(subject, payload, { timeout: 30_000 });
  return reply.json<BareReply>();
}
