import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const page = readFileSync(join(ROOT, 'docs/security/asvs.md'), 'utf8');

/**
 * The levels of ASVS 5.0.0's requirements in the order of their numbers, section by section: `1.5 123` is 1.5.1 of
 * level 1, 1.5.2 of level 2, 1.5.3 of level 3.
 */
const LEVELS = `1.1 22|1.2 1111122223|1.3 112222222223|1.4 222|1.5 123|2.1 122|2.2 112|2.3 12223|2.4 23|3.1 3|3.2 113
3.3 12223|3.4 11222233|3.5 11122333|3.6 3|3.7 22333|4.1 12233|4.2 23333|4.3 22|4.4 1222|5.1 2|5.2 112333|5.3 113
5.4 222|6.1 122|6.2 111111112222|6.3 11223333|6.4 112233|6.5 22222333|6.6 2223|6.7 33|6.8 2222|7.1 222|7.2 1111
7.3 22|7.4 11222|7.5 223|7.6 22|8.1 1233|8.2 1123|8.3 133|8.4 23|9.1 111|9.2 1222|10.1 22|10.2 223|10.3 22223
10.4 1111122222233333|10.5 22222|10.6 22|10.7 222|11.1 2233|11.2 22233|11.3 11233|11.4 1222|11.5 23|11.6 23|11.7 33
12.1 12233|12.2 11|12.3 22223|13.1 2333|13.2 222223|13.3 2233|13.4 1222233|14.1 22|14.2 12223333|14.3 122
15.1 12233|15.2 12233|15.3 1222222|15.4 3333|16.1 2|16.2 22222|16.3 2222|16.4 222|16.5 2223|17.1 23|17.2 22223333
17.3 22`;

const required = LEVELS.split(/[|\n]/).flatMap((section) => {
  const [number = '', levels = ''] = section.split(' ');
  return levels.split('').flatMap((level, i) => (level === '3' ? [] : [`${number}.${i + 1} level ${level}`]));
});

const rows = page
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [number = '', level = '', state = '', why = '', shownBy = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const tests = [...shownBy.matchAll(/`([^`]+)`: “([^”]+)”/g)].map(([, file = '', name = '']) => ({
      file,
      name,
    }));
    return { number, level, state, why, tests };
  });

describe('the page about ASVS 5.0', () => {
  it('has every requirement of levels 1 and 2 once, with its level', () => {
    expect(rows.map(({ number, level }) => `${number} level ${level}`)).toEqual(required);
    expect(required).toHaveLength(253);
  });

  it('names a test for each that is met, and a reason for each that is not or does not apply', () => {
    for (const { number, state, why, tests } of rows) {
      expect({ number, state }).toEqual({
        number,
        state: expect.stringMatching(/^(met|not met|not applicable)$/) as string,
      });
      expect({ number, shown: state === 'met' ? tests.length > 0 : why !== '' }).toEqual({
        number,
        shown: true,
      });
    }
  });

  it('names no test that does not exist', () => {
    const missing = rows.flatMap(({ number, tests }) =>
      tests
        .filter(({ file, name }) => {
          const path = join(ROOT, file);
          return !existsSync(path) || !readFileSync(path, 'utf8').includes(name);
        })
        .map(({ file, name }) => `${number}: ${file} has no test “${name}”`),
    );

    expect(missing).toEqual([]);
  });

  it('says how many are not met, and so does the README', () => {
    const count = (state: string): number => rows.filter((row) => row.state === state).length;

    expect(page).toContain(`${count('met')} are met, ${count('not applicable')} do not apply`);
    expect(page).toContain(`**${count('not met')} are not met**`);
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(
      `of the 253 requirements, ${count('not met')} are not met`,
    );
  });
});
