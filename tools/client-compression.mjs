// Compresses what browsers read of the built client, once and as small as it gets: the gateway serves the files as they
// are, `NAME.br` and `NAME.gz` beside `NAME`. Over plain HTTP browsers take gzip alone.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** What is text; pictures are compressed already, and the page is not sent as it is. */
const TEXT = /\.(?:js|css|svg|json|webmanifest|txt)$/;

const METHODS = {
  br: (/** @type {Buffer} */ bytes) =>
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gz: (/** @type {Buffer} */ bytes) => gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }),
};

/**
 * Compresses the files of a built client.
 * @param {string} folder of the built client
 */
export function compressClient(folder) {
  for (const name of readdirSync(folder).filter((one) => TEXT.test(one))) {
    const bytes = readFileSync(join(folder, name));
    for (const [suffix, compress] of Object.entries(METHODS)) {
      const compressed = compress(bytes);
      if (compressed.length < bytes.length) writeFileSync(join(folder, `${name}.${suffix}`), compressed);
    }
  }
}

const [, script, folder] = process.argv;
if (script?.endsWith('client-compression.mjs') && folder !== undefined) compressClient(folder);
