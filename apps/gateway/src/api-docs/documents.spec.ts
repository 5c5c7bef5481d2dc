import { SUBJECTS } from '@app/contracts/bus';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from './asyncapi.js';
import { openApiDocument } from './openapi.js';
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
});
