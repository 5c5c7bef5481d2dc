// House rules that no linter knows: names of files, who reads the environment and the database, what parts of the client
// inject.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ readonly path: string, readonly text: string }} Source */

const FOLDERS = ['apps', 'libs', 'tests', 'tools', 'examples', 'frontend/src'];
const VAGUE = /\/(utils?|helpers?|common|shared|misc)(\.[a-z-]+)*$/;

/**
 * The project's source files, relative to its root.
 * @param {string} root
 * @returns {string[]}
 */
export function sourceFiles(root) {
  return FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(ts|mjs|css|html)$/.test(entry.name))
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(root.length + 1)
            .replaceAll('\\', '/'),
        )
        .filter((path) => !/\/(fixtures|node_modules|dist|results)\//.test(path));
    } catch {
      return [];
    }
  });
}

/** @param {readonly Source[]} files @returns {string[]} files that are not in kebab-case, or name no theme */
export function misnamedFiles(files) {
  return files
    .map(({ path }) => path)
    .filter(
      (path) => !/(^|\/)[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(path) || VAGUE.test(path),
    );
}

/** @param {readonly Source[]} files @returns {string[]} production files beside config.ts that read the environment */
export function environmentReaders(files) {
  return files
    .filter(
      ({ path }) =>
        /^(apps|libs)\/[^/]+\/src\//.test(path) && !/\/config\.ts$|\.spec\.ts$|^libs\/testing\//.test(path),
    )
    .filter(({ text }) => /\bprocess\.env\b/.test(text))
    .map(({ path }) => path);
}

/** What reads or writes a database: TypeORM's classes, and those of libs/platform, which the import rules cannot tell apart. */
const DATABASE =
  /\b(DataSource|EntityManager|QueryRunner|DatabaseModule|[sS]qliteHandle|WriteQueue|BatchSize|Scrubber|Inject(DataSource|Repository|EntityManager))\b/;

/** @param {readonly Source[]} files @returns {string[]} files of auth and chat outside store/ that reach the database */
export function databaseReaders(files) {
  return files
    .filter(({ path }) => /^apps\/(auth|chat)\/src\/(?!store\/)/.test(path) && !path.endsWith('.spec.ts'))
    .filter(({ text }) => DATABASE.test(text))
    .map(({ path }) => path);
}

/** @param {readonly Source[]} files @returns {string[]} parts of the client in app/ui that inject anything */
export function injectingParts(files) {
  return files
    .filter(({ path }) => path.startsWith('frontend/src/app/ui/') && !path.endsWith('.spec.ts'))
    .filter(({ text }) => /\binject\(/.test(text))
    .map(({ path }) => path);
}
