import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { temporaryFolder } from '@app/testing';
import express, { type ErrorRequestHandler } from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { compressClient } from '../../../../../tools/client-compression.mjs';
import { clientFiles } from './client-files.js';

const SCRIPT = 'let a = "a rather long text";\n'.repeat(200);
const PATH = '/main-ABCDEFGH.js';

const UNPACK: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
};

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

type Ask = (path: string, headers: OutgoingHttpHeaders, method?: string) => Promise<Answer>;

const sendStatus: ErrorRequestHandler = (error: { status: number }, _request, response, _next) => {
  response.status(error.status).json({ status: error.status });
};

/** Serves a built client. @returns what requests a path */
async function served(): Promise<Ask> {
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, 'index.html'), '<p nonce="__CSP_NONCE__">');
  writeFileSync(join(folder.path, PATH), SCRIPT);
  writeFileSync(join(folder.path, 'icon-192.png'), 'a picture');
  compressClient(folder.path);
  const server = express().use(clientFiles(folder.path)).use(sendStatus).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    folder.remove();
  });
  const { port } = server.address() as AddressInfo;
  return async (path, headers, method = 'GET') => {
    const request = httpRequest({ port, path, method, headers });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
  };
}

test.each([
  ['gzip, deflate, br', 'br'],
  ['br', 'br'],
  ['br;q=0.5, gzip', 'br'],
  ['*', 'br'],
  // As browsers say over plain HTTP.
  ['gzip, deflate', 'gzip'],
  ['GZIP', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0, *', 'gzip'],
])('a script is sent compressed to a browser that accepts %s: by %s, and is cached', async (accepted, by) => {
  const ask = await served();

  for (let time = 0; time < 2; time++) {
    const { headers, body } = await ask(PATH, { 'accept-encoding': accepted });

    expect(headers).toMatchObject({
      'content-encoding': by,
      'content-length': String(body.length),
      'content-type': expect.stringContaining('text/javascript') as string,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    expect(body.length).toBeLessThan(SCRIPT.length / 10);
    expect(UNPACK[by]?.(body).toString()).toBe(SCRIPT);
  }
});

test.each([undefined, '', 'identity', 'deflate', 'gzip;q=0, br;q=0', '*;q=0'])(
  'a script is sent uncompressed to a browser that accepts %s',
  async (accepted) => {
    const ask = await served();

    const { headers, body } = await ask(PATH, {
      ...(accepted !== undefined && { 'accept-encoding': accepted }),
    });

    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('Accept-Encoding');
    expect(body.toString()).toBe(SCRIPT);
  },
);

test('pictures, and what is no file, are sent as they are', async () => {
  const ask = await served();

  const picture = await ask('/icon-192.png', { 'accept-encoding': 'br' });
  const nothing = await ask('/main-NOTTHERE.js', { 'accept-encoding': 'br' });

  expect(picture.headers['content-encoding']).toBeUndefined();
  expect(picture.body.toString()).toBe('a picture');
  expect(nothing.status).toBe(404);
});

test.each(['br', 'gzip', 'identity'])(
  'as %s a script has an ETag of its own, which is answered with 304 alone',
  async (accepted) => {
    const ask = await served();
    const tagOf = async (encoding: string): Promise<string | undefined> =>
      (await ask(PATH, { 'accept-encoding': encoding })).headers.etag;
    const [tag = '', ...others] = await Promise.all(
      [accepted, ...['br', 'gzip', 'identity'].filter((one) => one !== accepted)].map(tagOf),
    );

    const same = await ask(PATH, { 'accept-encoding': accepted, 'if-none-match': tag });
    const another = await ask(PATH, { 'accept-encoding': accepted, 'if-none-match': others.join(', ') });

    expect(tag).not.toBe('');
    expect(same).toMatchObject({ status: 304, headers: { etag: tag, vary: 'Accept-Encoding' } });
    expect(same.body).toHaveLength(0);
    expect(another.status).toBe(200);
  },
);

test.each(['br', 'gzip', 'identity'])('HEAD has the headers of GET and no body as %s', async (accepted) => {
  const ask = await served();

  const get = await ask(PATH, { 'accept-encoding': accepted });
  const head = await ask(PATH, { 'accept-encoding': accepted }, 'HEAD');

  const { date: _, ...expected } = get.headers;
  expect(head).toMatchObject({ status: 200, headers: expected });
  expect(head.body).toHaveLength(0);
});

test.each(['br', 'gzip', 'identity'])('a range is one of the bytes that are sent as %s', async (accepted) => {
  const ask = await served();
  const whole = await ask(PATH, { 'accept-encoding': accepted });

  const part = await ask(PATH, { 'accept-encoding': accepted, range: 'bytes=10-19' });

  expect(part.status).toBe(206);
  expect(part.headers['content-range']).toBe(`bytes 10-19/${whole.body.length}`);
  expect(part.headers['content-encoding']).toBe(whole.headers['content-encoding']);
  expect(part.body).toEqual(whole.body.subarray(10, 20));
});

test.each([
  [416, { range: 'bytes=999999-' }],
  [412, { 'if-match': '"another"' }],
])('an error %i has none of the file’s headers', async (status, headers) => {
  const ask = await served();

  const answer = await ask(PATH, { 'accept-encoding': 'br', ...headers });

  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body.toString())).toEqual({ status });
  for (const name of ['content-encoding', 'cache-control', 'last-modified'])
    expect(answer.headers).not.toHaveProperty(name);
});

test('a POST to a file is not answered as compressed', async () => {
  const ask = await served();

  const { status, headers } = await ask(PATH, { 'accept-encoding': 'br' }, 'POST');

  expect(status).toBe(404);
  expect(headers['content-encoding']).toBeUndefined();
});
