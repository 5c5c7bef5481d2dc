import { EdgeClient, type EdgeAnswer } from '@app/testing';
import { z } from 'zod';

/** A schema of a document. */
export type JsonSchema = Record<string, unknown>;

/** A documented answer. */
interface DocumentedAnswer {
  readonly headers?: Record<string, unknown>;
  readonly content?: Record<string, { readonly schema: JsonSchema }>;
}

/** A documented call. */
export interface DocumentedCall {
  readonly parameters?: readonly { readonly name: string; readonly in: 'path' | 'query' }[];
  readonly security: readonly object[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: JsonSchema } };
  };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedCall>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** Returns the codes of a documented error. */
function codesOf(answer: DocumentedAnswer): readonly string[] {
  const schema = answer.content?.['application/problem+json']?.schema as
    { allOf: [unknown, { properties: { code: { enum: string[] } } }] } | undefined;
  return schema?.allOf[1].properties.code.enum ?? [];
}

/** Checks values against schemas of a document. */
export class SchemaCheck {
  private readonly built = new Map<JsonSchema, z.ZodType>();

  /** @param definitions the schemas below `#/components/schemas/` */
  constructor(private readonly definitions: Readonly<Record<string, JsonSchema>> = {}) {}

  /** Returns the problems of a value. */
  problems(schema: JsonSchema, value: unknown): string[] {
    let built = this.built.get(schema);
    if (!built) this.built.set(schema, (built = z.fromJSONSchema(this.resolved(schema) as JsonSchema)));
    return (
      built.safeParse(value).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []
    );
  }

  private resolved(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((each) => this.resolved(each));
    if (typeof schema !== 'object' || schema === null) return schema;
    if ('$ref' in schema) return this.definitions[String(schema.$ref).replace('#/components/schemas/', '')];
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, this.resolved(value)]));
  }
}

/** The OpenAPI document of a running server, which checks its answers. */
export class ApiDocument {
  /** Every answer so far: `METHOD /path STATUS CODE`, a success without a code. */
  readonly occurred = new Set<string>();
  private readonly check: SchemaCheck;

  private constructor(private readonly document: OpenApi) {
    this.check = new SchemaCheck(document.components.schemas);
  }

  /** Fetches the document. */
  static async of(url: string): Promise<ApiDocument> {
    const { body } = await new EdgeClient(url).request('GET', '/api/openapi.json');
    return new ApiDocument(body as unknown as OpenApi);
  }

  /** The documented calls. */
  get calls(): readonly { readonly method: string; readonly path: string; readonly call: DocumentedCall }[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, call]) => ({ method: method.toUpperCase(), path, call })),
    );
  }

  /** The documented answers, as `METHOD /path STATUS CODE`, a success without a code. */
  get documented(): string[] {
    return this.calls.flatMap(({ method, path, call }) =>
      Object.entries(call.responses).flatMap(([status, answer]) => {
        const codes = codesOf(answer);
        const name = `${method} ${path} ${status}`;
        return codes.length > 0 ? codes.map((code) => `${name} ${code}`) : [name];
      }),
    );
  }

  /** Returns the problems of an answer: that it is not documented, or differs from its description. */
  problems(method: string, path: string, { status, headers, body }: EdgeAnswer): string[] {
    const template = this.template(method.toLowerCase(), path);
    const answer = template && this.document.paths[template]?.[method.toLowerCase()]?.responses[status];
    if (!answer) return [`${method} ${path} ${status} ${String(body['code'])} is not documented`];
    const name = `${method} ${template} ${status}`;
    this.occurred.add(status >= 400 ? `${name} ${String(body['code'])}` : name);
    if (answer.headers)
      for (const header of Object.keys(answer.headers))
        if (!headers.has(header)) return [`${name} has no ${header}`];
    if (!answer.content) return body['text'] === '' ? [] : [`${name} has a body`];
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    const schema = answer.content[type]?.schema;
    if (!schema) return [`${name} is of type ${type}`];
    return this.check.problems(schema, body).map((problem) => `${name}: ${problem}`);
  }

  /** Returns the documented path that matches a path. One without parameters takes precedence. */
  private template(method: string, path: string): string | undefined {
    const parts = (path.split('?')[0] ?? '').split('/');
    const fitting = Object.keys(this.document.paths).filter((template) => {
      if (!this.document.paths[template]?.[method]) return false;
      const wanted = template.split('/');
      return (
        wanted.length === parts.length && wanted.every((part, i) => part.startsWith('{') || part === parts[i])
      );
    });
    return fitting.find((template) => !template.includes('{')) ?? fitting.at(-1);
  }
}

let addresses = 0;

/** Returns an unused address for X-Forwarded-For. */
export function freshAddress(): string {
  addresses++;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/** A client that checks every answer against the document. */
export class DocumentedClient extends EdgeClient {
  /** The differences from the document. */
  readonly problems: string[] = [];

  constructor(
    url: string,
    private readonly document: ApiDocument,
  ) {
    super(url);
  }

  /** Signs up, and checks that answer too. */
  static async signUp(url: string, document: ApiDocument, username: string): Promise<DocumentedClient> {
    const client = new DocumentedClient(url, document);
    const { body } = await client.call('POST', '/auth/register', { username, password: EdgeClient.password });
    client.user = body['user'] as NonNullable<EdgeClient['user']>;
    return client;
  }

  override async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<EdgeAnswer> {
    const answer = await super.request(method, path, body, { 'x-forwarded-for': freshAddress(), ...headers });
    this.problems.push(...this.document.problems(method, path, answer));
    return answer;
  }
}
