import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { expect, test } from 'vitest';
import { headersOf, installProblem, isInstalled, requireNode } from './prepare.mjs';

test.each(['v20.19.0', 'v20.20.2', 'v22.0.0', 'v24.21.3'])('Node %s is taken', (version) => {
  expect(() => requireNode(version)).not.toThrow();
});

test.each(['v12.22.12', 'v18.20.0', 'v20.18.3', 'v25.0.0'])('Node %s is refused in one line', (version) => {
  expect(() => requireNode(version)).toThrow(
    `Node.js ${version} is not supported: install 20.19 to 24 from https://nodejs.org`,
  );
});

test('a missing compiler is named, when better-sqlite3 does not build', () => {
  const output = 'npm error gyp ERR! stack Error: not found: make';

  expect(installProblem(output, '.')).toMatch(/^better-sqlite3 could not be compiled: install python3, make/);
});

test('headers that cannot be downloaded are told apart from a missing compiler', () => {
  const output = 'npm error gyp ERR! stack is related to network connectivity. In most cases';

  expect(installProblem(output, '.')).toContain('check the network');
});

test('a registry that cannot be reached is told apart', () => {
  expect(installProblem('npm error code ENOTFOUND', '.')).toBe(
    'npm could not reach its registry: check the network',
  );
});

const lock = (packages: Record<string, object>): string =>
  JSON.stringify({ packages: { '': {}, ...packages } });

test.each([
  ['the same packages', { a: { version: '1.0.0' } }, true],
  ['another version', { a: { version: '1.0.1' } }, false],
  ['a package missing', {}, false],
])('what npm has installed fits the lockfile or not: %s', (_, installed, fits) => {
  const wanted = lock({ a: { version: '1.0.0' }, b: { version: '1.0.0', optional: true } });

  expect(isInstalled(wanted, lock(installed))).toBe(fits);
});

test('headers that came with this Node are found, those of another version are not', () => {
  const { path, remove } = temporaryFolder();
  mkdirSync(join(path, 'include/node'), { recursive: true });
  writeFileSync(
    join(path, 'include/node/node_version.h'),
    '#define NODE_MAJOR_VERSION 22\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 0\n',
  );

  expect(headersOf(join(path, 'bin/node'), 'v22.1.0')).toBe(path);
  expect(headersOf(join(path, 'bin/node'), 'v22.1.1')).toBeUndefined();
  expect(headersOf(join(path, 'elsewhere/bin/node'), 'v22.1.0')).toBeUndefined();
  remove();
});
