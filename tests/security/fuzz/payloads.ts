import { z } from 'zod';
import fc, { type Arbitrary } from 'fast-check';

/** Values that exist in the running product, so that payloads get past the first check. */
export interface Known {
  readonly ids: readonly string[];
  readonly words: readonly string[];
}

/** The part of a JSON schema that our payloads use. */
interface Shape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly format?: string;
}

/** Texts that often break programs. */
const AWKWARD = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\udfff\ud800',
  '\u202e\u200b\ufeff',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "'; DROP TABLE users; --",
  '${7*7}{{7*7}}<%= 7*7 %>',
  '<script>alert(1)</script>',
  '\r\nSet-Cookie: sid=1',
  '%00%0d%0a%ff',
  'e\u0301'.repeat(400),
  '👩‍👩‍👧‍👦'.repeat(200),
  'x'.repeat(5_000),
  '9'.repeat(400),
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF',
];

/** Generates any text, often an awkward one. */
export const awkwardText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);

const awkwardNumber: Arbitrary<unknown> = fc.constantFrom(
  -1,
  0,
  1,
  0.5,
  -0,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  5e-324,
);

/** Generates any JSON value, also deeply nested ones and ones with keys of Object.prototype. */
export const anyJson: Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 4, noUnicodeString: false }) },
  { weight: 2, arbitrary: awkwardText },
  { weight: 1, arbitrary: awkwardNumber },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'chatId', 'id', ''),
      fc.jsonValue({ maxDepth: 1 }),
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 2_000 }).map((depth) => nested(depth)) },
);

function nested(depth: number): unknown {
  let value: unknown = null;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Generates payloads close to a schema: with valid, missing, arbitrary and additional fields. */
export function near(schema: z.ZodType, known: Known): Arbitrary<unknown> {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  return fc.oneof({ weight: 7, arbitrary: fitting(shape, known) }, { weight: 1, arbitrary: anyJson });
}

function fitting(shape: Shape, known: Known): Arbitrary<unknown> {
  if (shape.const !== undefined) return fc.constant(shape.const);
  if (shape.enum) return fc.constantFrom(...shape.enum);
  if (shape.anyOf) return fc.oneof(...shape.anyOf.map((part) => fitting(part, known)));
  if (shape.type === 'object') return object(shape.properties ?? {}, known);
  if (shape.type === 'array') return fc.array(fitting(shape.items ?? {}, known), { maxLength: 5 });
  if (shape.type === 'boolean') return fc.boolean();
  if (shape.type === 'null') return fc.constant(null);
  if (shape.type === 'integer' || shape.type === 'number') return fc.nat({ max: 20 });
  if (shape.format === 'uuid') return fc.oneof(fc.constantFrom(...known.ids), fc.uuid());
  return fc.oneof(fc.constantFrom(...known.words, ...known.ids), awkwardText);
}

function object(properties: Readonly<Record<string, Shape>>, known: Known): Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, part]) => {
    const value = fc.oneof(
      { weight: 14, arbitrary: fitting(part, known) },
      { weight: 1, arbitrary: anyJson },
      { weight: 1, arbitrary: fc.constant(undefined) },
    );
    return value.map((filled) => [name, filled] as const);
  });
  const extra = fc.option(fc.tuple(awkwardText, anyJson), { freq: 12, nil: undefined });
  return fc
    .tuple(fc.tuple(...fields), extra)
    .map(([own, more]) => Object.fromEntries(more === undefined ? own : [...own, more]));
}
