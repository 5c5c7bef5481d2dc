import { randomUUID } from 'node:crypto';
import type { Msg } from '@nats-io/transport-node';
import type { Deserializer, Serializer } from '@nestjs/microservices';
import type { ErrorCode, FieldError } from '@app/contracts/edge';

/** An error on the bus. */
export interface BusError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly errors?: readonly FieldError[];
}

/** Parses plain JSON: with a reply subject it is a request, for which Nest needs an id, without one an event. */
export class RequestDeserializer implements Deserializer<Msg> {
  /** Never throws, because the caller would get no reply: what is not JSON is undefined, which no schema accepts. */
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

/** Writes plain JSON: `{"data": …}` or `{"error": …}`. */
export class ReplySerializer implements Serializer {
  /** Returns the bytes of a handler's reply. */
  serialize(packet: { err?: unknown; response?: unknown }): { data: Uint8Array } {
    const body = packet.err == null ? { data: packet.response ?? null } : { error: packet.err };
    return { data: Buffer.from(JSON.stringify(body)) };
  }
}
