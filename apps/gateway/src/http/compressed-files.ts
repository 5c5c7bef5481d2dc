import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { RequestHandler } from 'express';

const compress = promisify(brotliCompress);

/** What is text and grows with the client; pictures are compressed already. */
const TEXT = /\.(?:js|css|svg)$/;

/**
 * Answers with a built file compressed by Brotli where the browser takes that; anything else goes on. The files hold
 * nothing of anybody, so their length tells nothing. Each is compressed once, when it is first asked for.
 * @param folder of the built client, whose files do not change while the gateway runs
 * @param cacheControl what to say of a file
 */
export function compressedFiles(folder: string, cacheControl: (name: string) => string): RequestHandler {
  const names = new Set(readdirSync(folder).filter((name) => TEXT.test(name)));
  const made = new Map<string, Promise<Buffer>>();
  const compressed = (name: string): Promise<Buffer> => {
    const known = made.get(name);
    if (known) return known;
    const making = readFile(join(folder, name)).then((text) =>
      compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    );
    made.set(name, making);
    return making;
  };
  return (request, response, next) => {
    const name = request.path.slice(1);
    if (!/^(GET|HEAD)$/.test(request.method) || !names.has(name)) {
      next();
      return;
    }
    response.vary('Accept-Encoding');
    if (request.acceptsEncodings('br') === false) {
      next();
      return;
    }
    compressed(name).then((body) => {
      response
        .set({ 'Cache-Control': cacheControl(name), 'Content-Encoding': 'br' })
        .type(extname(name))
        .send(body);
    }, next);
  };
}
