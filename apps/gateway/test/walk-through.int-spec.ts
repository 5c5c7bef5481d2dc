import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Stack, temporaryFolder } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
const folder = temporaryFolder();
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(async () => {
  await stack.stop();
  folder.remove();
});

/** Without curl that half of the page is not tested, except in CI, where curl must be installed. */
const curls = process.env['CI'] === 'true' || spawnSync('curl', ['--version']).status === 0 ? ['curl'] : [];

/** Returns the page's code block of a language. */
function block(language: string): string {
  const [, text = ''] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  return text;
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const run = promisify(execFile)(program, args, {
    cwd: folder.path,
    env: { ...process.env, BASE: stack.url },
    timeout: 45_000,
  });
  return (await run).stdout;
}

describe('docs/api.md', () => {
  it.each(curls)('has a %s script that runs as it stands', async () => {
    const printed = await output('bash', ['-euo', 'pipefail', '-c', block('bash')]);

    expect(printed).toContain('\n1\n1\nWhere shall we go?\n');
    expect(printed).toMatch(/\n1\nCHAT_NOT_FOUND\n$/);
  });

  it('has a Socket.IO program that runs as it stands', async () => {
    const file = join(folder.path, 'program.mjs');
    const library = pathToFileURL(join(ROOT, 'node_modules/socket.io-client/build/esm-debug/index.js')).href;
    writeFileSync(file, block('js').replace("'socket.io-client'", `'${library}'`));

    expect(await output(process.execPath, [file])).toBe('stored as 1\nreceived: Where shall we go?\n');
  });
});
