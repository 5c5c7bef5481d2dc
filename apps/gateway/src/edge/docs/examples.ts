/** The parts of a JSON Schema that an example is made from. */
interface Part {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
  readonly anyOf?: readonly Part[];
}

/** Example texts by format. */
const TEXTS: Readonly<Record<string, string>> = {
  uuid: '0198f6f2-6a1c-7d3e-9b5a-3f1c2d4e5a6b',
  'date-time': '2026-01-31T18:30:00.000Z',
  base64: 'AQIDBAUGBwgJCgsM',
};

/**
 * Returns an example for a schema: its first example if it has some, otherwise the simplest valid value.
 * @param schema a JSON Schema without references
 */
export function exampleOf(schema: object): unknown {
  const part = schema as Part;
  if (part.examples) return part.examples[0];
  if (part.const !== undefined) return part.const;
  if (part.enum) return part.enum[0];
  const [first] = part.anyOf ?? [];
  if (first) return exampleOf(first);
  switch (typeof part.type === 'object' ? part.type[0] : part.type) {
    case 'object': {
      const entries = Object.entries(part.properties ?? {});
      return Object.fromEntries(entries.map(([name, property]) => [name, exampleOf(property)]));
    }
    case 'array':
      return part.items ? [exampleOf(part.items)] : [];
    case 'string':
      return TEXTS[part.format ?? part.contentEncoding ?? ''] ?? 'a text';
    case 'boolean':
      return false;
    default:
      return Math.max(1, part.minimum ?? 0);
  }
}
