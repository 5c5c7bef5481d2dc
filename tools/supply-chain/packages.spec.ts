import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packagesOf, supplyProblems } from './packages.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const aPackage = (over: object) => ({
  name: 'one',
  version: '1.0.0',
  licence: 'MIT',
  ships: true,
  script: false,
  checked: true,
  ...over,
});

describe('what the product is made of', () => {
  it.each([
    ['a licence that does not go with the project’s', { licence: 'GPL-3.0-only' }],
    ['no licence', { licence: '' }],
    ['a licence for tools alone in what ships', { licence: 'MPL-2.0' }],
    ['an install script that is not accounted for', { script: true }],
    ['content without a digest', { checked: false }],
  ])('is refused for %s', (_what, over) => {
    expect(supplyProblems([aPackage(over)], {})).toHaveLength(1);
  });

  it.each([
    ['a choice of licences with one that goes', { licence: '(GPL-2.0 OR MIT)' }],
    ['a licence for tools in a tool', { licence: 'MPL-2.0', ships: false }],
    ['an install script that is named', { name: 'better-sqlite3', script: true }],
  ])('is fine with %s', (_what, over) => {
    expect(supplyProblems([aPackage(over)], {})).toEqual([]);
  });

  it('is refused when a script is allowed that no package has', () => {
    expect(supplyProblems([aPackage({})], { gone: true })).toHaveLength(1);
  });

  it('has an allowed licence, a digest and a known install script in every package', () => {
    for (const folder of [ROOT, resolve(ROOT, 'frontend')])
      expect(supplyProblems(packagesOf(folder), {})).toEqual([]);
  });
});
