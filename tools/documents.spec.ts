import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const documents = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`),
].filter((path) => path.endsWith('.md'));

/** Everything in a document that a pattern finds in its first group. */
function found(path: string, pattern: RegExp): string[] {
  return [...readFileSync(join(ROOT, path), 'utf8').matchAll(pattern)].map(([, text = '']) => text);
}

describe.each(documents)('%s', (path) => {
  it('links to what is there', () => {
    const links = [
      ...found(path, /\]\(([^)#\s]+)[^)]*\)/g),
      ...found(path, /(?:src|srcset|href)="([^"#\s]+)/g),
    ].filter((link) => !/^[a-z]+:/.test(link));

    expect(links.filter((link) => !existsSync(join(ROOT, dirname(path), link)))).toEqual([]);
  });

  it('names files of the project that are there', () => {
    const files = found(path, /`((?:apps|libs|tools|tests|docs|examples|frontend\/src)\/[\w./-]+)`/g);

    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };

    expect(found(path, /npm run (?:--silent )?([\w:-]+)/g).filter((name) => !(name in scripts))).toEqual([]);
  });
});
