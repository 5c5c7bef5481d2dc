import { Confirmation, EVENTS, SUBJECTS } from '@app/contracts/bus';
import { z } from 'zod';
import { MarkPayload, SendPayload, TypingPayload } from '../schemas/message.schemas.js';
import { AckRefusal, Message, SERVER_EVENTS } from '../schemas/answer.schemas.js';
import { jsonSchema } from './openapi.js';

const done = z.strictObject({ ok: z.literal(true) });

/** The events that clients emit, with their payloads and acknowledgements. */
export const CLIENT_EVENTS = {
  'message:send': { payload: SendPayload, ack: z.strictObject({ ok: z.literal(true), message: Message }) },
  'message:delivered': { payload: MarkPayload, ack: done },
  'message:read': { payload: MarkPayload, ack: done },
  typing: { payload: TypingPayload, ack: done },
} as const;

const BusError = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).exactOptional(),
  }),
});

interface Parts {
  readonly channels: Record<string, object>;
  readonly operations: Record<string, object>;
}

/** Returns the services' NATS subjects and events, and the socket events, as an AsyncAPI 3 document. */
export function asyncApiDocument(): object {
  const parts: Parts = { channels: {}, operations: {} };
  for (const [subject, { summary, request, reply, errors }] of Object.entries(SUBJECTS))
    addRequest(parts, 'bus', subject, summary, request, [z.strictObject({ data: reply }), BusError], errors);
  for (const [subject, { summary, payload, from, confirmedBy }] of Object.entries(EVENTS)) {
    const confirmed = confirmedBy.length > 0;
    const text = `${summary}. Published by ${from}${confirmed ? `, which repeats it until ${confirmedBy.join(' and ')} ${confirmedBy.length > 1 ? 'have' : 'has'} confirmed it` : ', once'}.`;
    if (confirmed)
      addRequest(
        parts,
        'bus',
        subject,
        text,
        payload,
        [z.strictObject({ data: Confirmation }), BusError],
        [],
      );
    else addMessage(parts, 'bus', subject, text, jsonSchema(payload, 'input'));
  }
  for (const [event, { payload, ack }] of Object.entries(CLIENT_EVENTS))
    addRequest(parts, 'edge', event, `A client emits ${event}`, payload, [ack, AckRefusal], []);
  for (const [event, payload] of Object.entries(SERVER_EVENTS))
    addMessage(parts, 'edge', event, `The server emits ${event}`, jsonSchema(payload, 'output'), 'sent');
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Secure Chat',
      version: '1.0.0',
      description:
        'Requests and events between the services (NATS, plain JSON) and the events of the public edge (Socket.IO).',
      license: { name: 'MIT' },
    },
    servers: {
      bus: {
        host: 'localhost:4222',
        protocol: 'nats',
        description: 'The internal bus: each service has its own user',
      },
      edge: {
        host: 'localhost:5000',
        pathname: '/socket.io',
        protocol: 'ws',
        description:
          'Socket.IO with the session cookie in the handshake. If auth contains a userId, it must be that of the session',
      },
    },
    channels: parts.channels,
    operations: parts.operations,
  };
}

function name(address: string, suffix = ''): string {
  return address.replaceAll(/\W+/g, '_') + suffix;
}

function addMessage(
  parts: Parts,
  server: string,
  address: string,
  summary: string,
  payload: object,
  suffix = '',
): void {
  const id = name(address, suffix && `_${suffix}`);
  parts.channels[id] = {
    address,
    servers: [{ $ref: `#/servers/${server}` }],
    messages: { message: { payload } },
  };
  parts.operations[id] = { action: 'send', summary, channel: { $ref: `#/channels/${id}` } };
}

function addRequest(
  parts: Parts,
  server: string,
  address: string,
  summary: string,
  payload: z.ZodType,
  replies: readonly z.ZodType[],
  codes: readonly string[],
): void {
  const id = name(address);
  parts.channels[id] = {
    address,
    servers: [{ $ref: `#/servers/${server}` }],
    messages: { message: { payload: jsonSchema(payload, 'input') } },
  };
  const reply = `${id}_reply`;
  parts.channels[reply] = {
    address: null,
    messages: Object.fromEntries(
      replies.map((schema, i) => [i === 0 ? 'answer' : 'refusal', { payload: jsonSchema(schema, 'output') }]),
    ),
  };
  parts.operations[id] = {
    action: 'receive',
    summary,
    ...(codes.length > 0 && { description: `Error codes: ${codes.join(', ')}` }),
    channel: { $ref: `#/channels/${id}` },
    reply: { channel: { $ref: `#/channels/${reply}` } },
  };
}
