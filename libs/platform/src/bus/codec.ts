import { randomUUID } from 'node:crypto';
import type { Msg } from '@nats-io/transport-node';
import type { Deserializer, Serializer } from '@nestjs/microservices';
import type { ErrorCode, FieldError } from '@app/contracts/edge';

/** A refusal as it crosses the bus. */
export interface BusError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly errors?: readonly FieldError[];
}

/** Plain JSON in: a reply subject makes it a request (Nest wants an id then), none an event. */
export class RequestDeserializer implements Deserializer<Msg> {
  /** Never throws, for that would be silence to the caller: what is not JSON is undefined, which no schema takes. */
  deserialize(message: Msg): { pattern: string; data: unknown; id?: string } {
    const request = { pattern: message.subject, data: parseJson(message.data) };
    return message.reply ? { ...request, id: randomUUID() } : request;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Plain JSON out: `{"data": …}` or `{"error": …}`. */
export class ReplySerializer implements Serializer {
  /** Gives the bytes of a handler's answer. */
  serialize(packet: { err?: unknown; response?: unknown }): { data: Uint8Array } {
    const body = packet.err == null ? { data: packet.response ?? null } : { error: packet.err };
    return { data: Buffer.from(JSON.stringify(body)) };
  }
}
