import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { temporaryFolder } from '@app/testing';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { compressClient } from '../../../../../tools/client-compression.mjs';
import { clientFiles } from './client-files.js';

const SCRIPT = 'let a = "a rather long text";\n'.repeat(200);

/** A server of a built client. @returns asks it for a path, as a browser that takes these encodings */
async function served(): Promise<(path: string, encodings: string) => Promise<IncomingMessage>> {
  const folder = temporaryFolder();
  writeFileSync(join(folder.path, 'index.html'), '<p nonce="__CSP_NONCE__">');
  writeFileSync(join(folder.path, 'main-ABCDEFGH.js'), SCRIPT);
  writeFileSync(join(folder.path, 'icon-192.png'), 'a picture');
  compressClient(folder.path);
  const server = express().use(clientFiles(folder.path)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    folder.remove();
  });
  const { port } = server.address() as AddressInfo;
  return async (path, encodings) => {
    const asked = get({ port, path, headers: { 'accept-encoding': encodings } });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  };
}

test.each([
  ['gzip, deflate, br', 'br', brotliDecompressSync],
  ['br', 'br', brotliDecompressSync],
  // As browsers say over plain HTTP.
  ['gzip, deflate', 'gzip', gunzipSync],
  ['br;q=0, gzip', 'gzip', gunzipSync],
])(
  'a script comes compressed to a browser that takes %s: by %s, and may be kept',
  async (takes, by, unpack) => {
    const ask = await served();

    for (let time = 0; time < 2; time++) {
      const answer = await ask('/main-ABCDEFGH.js', takes);
      const body = await buffer(answer);

      expect(answer.headers).toMatchObject({
        'content-encoding': by,
        'content-type': expect.stringContaining('text/javascript') as string,
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'Accept-Encoding',
      });
      expect(body.length).toBeLessThan(SCRIPT.length / 10);
      expect(unpack(body).toString()).toBe(SCRIPT);
    }
  },
);

test.each(['identity', 'deflate', 'gzip;q=0, br;q=0'])(
  'a script comes as it is to whoever takes %s',
  async (takes) => {
    const ask = await served();

    const answer = await ask('/main-ABCDEFGH.js', takes);

    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers.vary).toBe('Accept-Encoding');
    expect((await buffer(answer)).toString()).toBe(SCRIPT);
  },
);

test('pictures, and what is no file, are left as they are', async () => {
  const ask = await served();

  const picture = await ask('/icon-192.png', 'br');
  const nothing = await ask('/main-NOTTHERE.js', 'br');

  expect(picture.headers['content-encoding']).toBeUndefined();
  expect((await buffer(picture)).toString()).toBe('a picture');
  expect(nothing.statusCode).toBe(404);
});
