import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import { compressedFiles } from './compressed-files.js';
import { nonceOf } from '../http/pipeline/security-headers.js';

const NONCE_MARK = '__CSP_NONCE__';

/** A file whose name carries a hash of its content: it never changes. */
const HASHED = /[-.][A-Z0-9]{8,}\.(js|css|woff2|svg|png)$/;

/** Returns how long a browser may cache a file. */
const cacheControl = (path: string): string =>
  HASHED.test(path.replace(/\.(?:br|gz)$/, '')) ? 'public, max-age=31536000, immutable' : 'no-cache';

/**
 * Serves the built client: its files, and its page for the path of every page. A page depends on no session: it sets no
 * cookie and redirects nobody.
 */
export function clientFiles(folder: string): Router {
  const router = express.Router();
  const root = resolve(folder);
  const pageFile = join(root, 'index.html');
  const page = existsSync(pageFile) ? readFileSync(pageFile, 'utf8') : undefined;
  if (page !== undefined) router.use(compressedFiles(root));
  router.use(
    express.static(root, {
      index: false,
      redirect: false,
      setHeaders: (response, path) => {
        response.setHeader('Cache-Control', cacheControl(path));
      },
    }),
    removeFileHeaders,
  );
  const sendPage: RequestHandler = (request, response, next) => {
    const isPage =
      /^(GET|HEAD)$/.test(request.method) && !/^\/(api|health|socket\.io)\b|\.\w+$/i.test(request.path);
    if (!isPage || page === undefined || !request.accepts('html')) {
      next();
      return;
    }
    response
      // Revalidated at each visit; the back-forward cache keeps it all the same.
      .set('Cache-Control', 'no-cache')
      .type('html')
      .send(page.replaceAll(NONCE_MARK, nonceOf(response)));
  };
  router.use(sendPage);
  return router;
}

/** The headers that describe a file, and would be false of the error that is sent in its place. */
const FILE_HEADERS = ['Content-Encoding', 'Cache-Control', 'ETag', 'Last-Modified', 'Accept-Ranges'];

const removeFileHeaders: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  for (const name of FILE_HEADERS) response.removeHeader(name);
  next(error);
};
