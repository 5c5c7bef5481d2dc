// What the built client may cost and whom it may ask: looked at after every build, which fails when it is too much.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** Compressed JavaScript that the first page may need, in bytes. */
const MOST = 130_000;
/** Hosts that stand in libraries as names (of XML namespaces, in messages to developers) and are asked nothing. */
const NAMES_ONLY = ['www.w3.org', 'angular.dev', 'socket.io'];

/**
 * The JavaScript that runs before anything is shown: what the page names, and what that imports.
 * @param {string} folder of the built client
 * @returns {readonly string[]} names of files
 */
function initialFiles(folder) {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const found = new Set([...page.matchAll(/(?:src|href)="([^":]+\.js)"/g)].map(([, file = '']) => file));
  // A set that grows while it is walked gives its new members too.
  for (const file of found)
    for (const [, imported = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /(?:from|import)\s*["']\.\/([^"']+\.js)["']/g,
    ))
      found.add(imported);
  return [...found];
}

/**
 * How much JavaScript the first page needs, compressed by Brotli.
 * @param {string} folder of the built client
 * @returns {number} bytes
 */
export function initialBytes(folder) {
  return initialFiles(folder)
    .map((file) => brotliCompressSync(readFileSync(join(folder, file))).length)
    .reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Says in one line what is wrong with a built client.
 * @param {string} folder of the built client
 * @returns {string | undefined} nothing when it keeps its budget
 */
export function budgetProblem(folder) {
  const bytes = initialBytes(folder);
  if (bytes === 0) return 'the page names no JavaScript';
  if (bytes > MOST)
    return `the first page needs ${(bytes / 1_000).toFixed(1)} kB of compressed JavaScript, more than ${MOST / 1_000} kB`;
  for (const file of readdirSync(folder).filter((name) => /\.(?:js|css|html|webmanifest)$/.test(name)))
    for (const [, host = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /(?:https?|wss?):\/\/([a-z0-9][a-z0-9.-]*)/gi,
    ))
      if (!NAMES_ONLY.includes(host.toLowerCase())) return `${file} names another host, ${host}`;
  return undefined;
}
