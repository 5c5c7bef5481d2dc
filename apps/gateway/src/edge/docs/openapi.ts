import { Id } from '@app/contracts/bus';
import { ERROR_CODES, type ErrorCode, type Problem } from '@app/contracts/edge';
import { z } from 'zod';
import { Problem as ProblemSchema } from '../schemas/answer.schemas.js';
import { exampleOf } from './examples.js';
import { OPERATIONS, type Operation } from './operations.js';

/** The metadata of a schema without its id: an id would become a reference to a definition that is not in this part. */
const WITHOUT_IDS = {
  get: (schema: z.ZodType) => {
    const { id: _, ...rest } = z.globalRegistry.get(schema) ?? {};
    return rest;
  },
} as unknown as typeof z.globalRegistry;

/** Returns the JSON Schema of a payload for OpenAPI 3.1 and AsyncAPI 3. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    metadata: WITHOUT_IDS,
  });
  return rest;
}

/** The statuses that have a Retry-After. */
const RETRIED: ReadonlySet<number> = new Set([429, 503]);
const RETRY_AFTER = {
  description: 'Seconds until the next attempt',
  required: true,
  schema: { type: 'integer', minimum: 1 },
};

const EVERYWHERE: readonly ErrorCode[] = ['RATE_LIMITED', 'SERVICE_UNAVAILABLE', 'INTERNAL'];
const UNSAFE: readonly ErrorCode[] = ['ORIGIN_REFUSED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** Returns the HTTP API as an OpenAPI 3.1 document, generated from the schemas that validate requests. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = name.split(' ');
    const template = path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[template] ??= {})[method.toLowerCase()] = describe(method, path, operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Secure Chat',
      version: '1.0.0',
      description:
        'Private chats for two people. The session is in a cookie: __Host-sid over HTTPS, sid over plain HTTP, with the port appended (sid-8080) if it is not 5000. Lengths count Unicode code points. Errors are application/problem+json (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(ProblemSchema, 'output') },
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'sid' } },
    },
  };
}

function describe(method: string, path: string, operation: Operation): object {
  const parameters: object[] = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(Id, 'input'),
    example: exampleOf(jsonSchema(Id, 'input')),
  }));
  for (const [name, schema] of Object.entries(operation.query?.shape ?? {}))
    parameters.push({
      name,
      in: 'query',
      required: false,
      schema: jsonSchema(schema as z.ZodType, 'input'),
      example: exampleOf(jsonSchema(schema as z.ZodType, 'input')),
    });
  return {
    operationId: `${method.toLowerCase()}${path.replace('/api/v1', '').replaceAll(/[/:]+(\w)/g, (_, c: string) => c.toUpperCase())}`,
    summary: operation.summary,
    security: operation.open ? [] : [{ session: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body && {
      requestBody: {
        required: !operation.bodyOptional,
        content: { 'application/json': withExample(jsonSchema(operation.body, 'input')) },
      },
    }),
    responses: { ...successes(operation), ...refusals(method, operation) },
  };
}

function successes(operation: Operation): Record<string, object> {
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, schema]) => [
      status,
      schema
        ? {
            description: operation.summary,
            content: { 'application/json': withExample(jsonSchema(schema, 'output')) },
          }
        : { description: 'No content' },
    ]),
  );
}

function refusals(method: string, operation: Operation): Record<string, object> {
  const codes = new Set<ErrorCode>([
    ...(operation.open ? [] : (['UNAUTHENTICATED'] as const)),
    ...(method === 'GET' ? [] : UNSAFE),
    ...operation.codes,
    ...EVERYWHERE,
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.join(', '),
        ...(RETRIED.has(status) && { headers: { 'Retry-After': RETRY_AFTER } }),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: group } } }],
            },
            example: problemExample(group[0] ?? 'INTERNAL'),
          },
        },
      },
    ]),
  );
}

function withExample(schema: object): object {
  return { schema, example: exampleOf(schema) };
}

function problemExample(code: ErrorCode): Problem {
  const { status, title } = ERROR_CODES[code];
  return {
    type: `/api/docs#${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
    detail: title,
    ...(code === 'VALIDATION_FAILED' && { errors: [{ field: 'username', message: 'is required' }] }),
    requestId: String(exampleOf(jsonSchema(Id, 'output'))),
  };
}
