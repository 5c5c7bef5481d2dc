import { EVENTS, Id, SUBJECTS } from '@app/contracts/bus';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApiDocument } from './asyncapi.js';
import { Problem } from '../schemas/answer.schemas.js';
import { jsonSchema, openApiDocument } from './openapi.js';
import { OPERATIONS } from './operations.js';

describe('the API documents', () => {
  it('OpenAPI describes every call once, and refers to nothing that is not there', () => {
    const document = openApiDocument() as { paths: Record<string, object> };

    const calls = Object.values(document.paths).flatMap((path) => Object.keys(path));
    expect(calls).toHaveLength(Object.keys(OPERATIONS).length);
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref);
    expect(new Set(refs)).toEqual(new Set(['#/components/schemas/Problem']));
  });

  it('AsyncAPI describes the fields of every subject', () => {
    const { channels } = asyncApiDocument() as {
      channels: Record<string, { address: string | null; messages: object }>;
    };

    const addresses = Object.values(channels).map(({ address }) => address);
    for (const subject of Object.keys(SUBJECTS)) expect(addresses).toContain(subject);
    expect(channels['auth_login']?.messages).toMatchObject({
      message: { payload: { properties: { username: { type: 'string' } }, additionalProperties: false } },
    });
  });

  it.each(Object.keys(EVENTS))('AsyncAPI forbids no further property of %s', (subject) => {
    const { channels } = asyncApiDocument() as {
      channels: Record<string, { messages: { message: { payload: object } } }>;
    };

    expect(channels[subject.replaceAll('.', '_')]?.messages.message.payload).not.toHaveProperty(
      'additionalProperties',
    );
  });

  it('OpenAPI has an example of every body, parameter and answer, and each is as described', () => {
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, DescribedCall>> };
    for (const [name, { body, answers, query }] of Object.entries(OPERATIONS)) {
      const [method = '', path = ''] = name.split(' ');
      const call = paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
      const fits = (schema: z.ZodType, example: unknown): void => {
        expect(
          schema.safeParse(example).error?.issues,
          `${name}: ${JSON.stringify(example)}`,
        ).toBeUndefined();
      };
      if (body) fits(body, call?.requestBody?.content['application/json']?.example);
      for (const { name: parameter, in: place, example } of call?.parameters ?? [])
        if (place === 'query') fits(query?.shape[parameter] as z.ZodType, String(example));
        else fits(Id, example);
      for (const [status, { content }] of Object.entries(call?.responses ?? {})) {
        const answer = answers[Number(status)];
        if (answer) fits(answer, content?.['application/json']?.example);
        // Each with its own status; both have to be there.
        if (Number(status) >= 400)
          fits(
            Problem.and(z.object({ status: z.literal(Number(status)) })),
            content?.['application/problem+json']?.example,
          );
      }
    }
  });

  /** Each text of a body with its limits, and the schema that checks it. */
  const limited = Object.entries(OPERATIONS).flatMap(([name, { body }]) => {
    const described = body ? (jsonSchema(body, 'input') as Described) : {};
    const fields = Object.entries(described.properties ?? {});
    return fields.flatMap(([field, schema]) => {
      const part = schema.anyOf?.[0] ?? schema;
      return part.type === 'string' ? [{ name, field, part, body: body as z.ZodType }] : [];
    });
  });

  it.each(limited)(
    'the lengths that OpenAPI says of $field in $name are those that hold',
    ({ field, part, body }) => {
      const takes = (length: number): boolean => {
        const { issues } = body.safeParse({ [field]: 'a'.repeat(length) }).error ?? { issues: [] };
        return !issues.some(({ path }) => path[0] === field);
      };
      const { minLength: min, maxLength: max, pattern, format } = part;

      const isLimited = min !== undefined && max !== undefined;
      // An id has the length that its pattern gives, and an emoji is no plain text; any other text without limits is never
      // too short or too long.
      const tried = isLimited ? [min - 1, min, max, max + 1] : [0, 60_000];
      const expected = isLimited
        ? [false, true, true, false]
        : tried.map(() => pattern === undefined && format !== 'emoji');
      expect(tried.map(takes)).toEqual(expected);
    },
  );

  it('the bounds that OpenAPI says of a page are those that hold', () => {
    const { query } = OPERATIONS['GET /api/v1/chats/:id/messages'] ?? {};
    for (const [name, schema] of Object.entries((query as z.ZodObject).shape)) {
      const { minimum, maximum } = jsonSchema(schema as z.ZodType, 'input') as {
        minimum: number;
        maximum: number;
      };
      const takes = (value: number): boolean =>
        (query as z.ZodObject).safeParse({ [name]: String(value) }).success;

      expect([minimum - 1, minimum, maximum, maximum + 1].map(takes), name).toEqual([
        false,
        true,
        true,
        false,
      ]);
    }
  });
});

interface Described {
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly anyOf?: readonly Described[];
  readonly properties?: Readonly<Record<string, Described>>;
}

type Content = Readonly<Record<string, { readonly example?: unknown } | undefined>>;

interface DescribedCall {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: unknown }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
