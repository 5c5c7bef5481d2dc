import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { download, onPath, weaknessOf } from './server-binary.mjs';

const PLATFORM = 'plan9-riscv.tar.gz';

let folder: ReturnType<typeof temporaryFolder>;
let server: Server;
let base: string;
let archive: Buffer;
let sums = '';

beforeEach(async () => {
  folder = temporaryFolder();
  const release = join(folder.path, 'nats-server-release');
  mkdirSync(release);
  writeFileSync(join(release, 'nats-server'), '#!/bin/sh\necho nats-server: v2.12.15\n', { mode: 0o755 });
  execFileSync('tar', ['-czf', 'archive', 'nats-server-release'], { cwd: folder.path });
  archive = readFileSync(join(folder.path, 'archive'));
  server = createServer((request, response) => {
    if (request.url?.endsWith(PLATFORM)) response.end(archive);
    else if (request.url?.endsWith('SHA256SUMS') && sums !== '') response.end(sums);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.close();
  folder.remove();
  sums = '';
});

const digest = (): string => createHash('sha256').update(archive).digest('hex');

test('a release with the right digest is kept and runs', async () => {
  const program = await download(join(folder.path, 'cache'), { base, platform: PLATFORM, sha256: digest() });

  expect(program).toBe(join(folder.path, 'cache', 'nats-server'));
  expect(execFileSync(program, { encoding: 'utf8' })).toBe('nats-server: v2.12.15\n');
});

test('a release with another digest is refused, and nothing of it is kept', async () => {
  const attempt = download(join(folder.path, 'cache'), { base, platform: PLATFORM, sha256: '0'.repeat(64) });

  await expect(attempt).rejects.toThrow('its SHA-256 is wrong');
  expect(existsSync(join(folder.path, 'cache'))).toBe(false);
});

test('where no digest is noted the list of the release decides', async () => {
  sums = `${'0'.repeat(64)}  nats-server-v2.12.15-${PLATFORM}\n`;
  await expect(download(join(folder.path, 'cache'), { base, platform: PLATFORM })).rejects.toThrow(
    'is wrong',
  );

  sums = `${digest()}  nats-server-v2.12.15-${PLATFORM}\n`;
  await expect(download(join(folder.path, 'cache'), { base, platform: PLATFORM })).resolves.toContain(
    'cache',
  );
});

test('a server that has no such release, and none at all, are one line each', async () => {
  const options = { platform: 'other.tar.gz', sha256: digest() };

  await expect(download(folder.path, { ...options, base })).rejects.toThrow(
    'could not be downloaded (status 404)',
  );
  await expect(download(folder.path, { ...options, base: 'http://127.0.0.1:1' })).rejects.toThrow(
    'could not be downloaded',
  );
});

test('a program is found on the path given, in its order', () => {
  for (const name of ['first', 'second']) {
    mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, name, 'some-program'), '');
  }

  const path = `${join(folder.path, 'none')}:${join(folder.path, 'second')}:${join(folder.path, 'first')}`;

  expect(onPath('some-program', path)).toBe(join(folder.path, 'second', 'some-program'));
  expect(onPath('another-program', path)).toBeUndefined();
});

test.each([
  ['2.9.10', true],
  ['2.9.23', false],
  ['2.12.15', false],
  ['3.0.0', false],
])('version %s is told to be old: %s', (version, old) => {
  const program = join(folder.path, 'nats-server');
  writeFileSync(program, `#!/bin/sh\necho nats-server: v${version}\n`, { mode: 0o755 });

  expect(weaknessOf(program) !== undefined).toBe(old);
});
