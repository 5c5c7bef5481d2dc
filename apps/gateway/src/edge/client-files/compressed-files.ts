import { readdirSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler } from 'express';

/** The encodings that a built file has beside it, the smallest first, with the suffix of the file's name. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

/**
 * Makes the next handler send the compressed form of a built file, if there is one and the browser accepts it. The files
 * hold no user's data, so their compressed length discloses nothing. Of the libraries that do this, sirv ignores `q=0`,
 * and express-static-gzip marks the error that answers a POST as compressed too.
 * @param folder of the built client, whose files do not change while the gateway runs
 */
export function compressedFiles(folder: string): RequestHandler {
  const names = new Set(readdirSync(folder));
  return (request, response, next) => {
    const { path } = request;
    const made = Object.entries(ENCODINGS).filter(([, suffix]) => names.has(path.slice(1) + suffix));
    if (made.length > 0 && /^(GET|HEAD)$/.test(request.method)) {
      response.vary('Accept-Encoding');
      const [encoding, suffix] = made.find(([name]) => request.acceptsEncodings(name) !== false) ?? [];
      if (encoding !== undefined) {
        response.set('Content-Encoding', encoding).type(extname(path));
        request.url = path + suffix;
      }
    }
    next();
  };
}
