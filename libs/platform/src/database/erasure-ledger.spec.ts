import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logging/service-logger.js';
import { erasureDigest, ErasureLedger } from './erasure-ledger.js';

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (chat|message|user) [0-9a-f]{64}$/;

describe('ErasureLedger', () => {
  const logger = createLogger('test', 'silent');
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  beforeEach(() => {
    folder = temporaryFolder();
    file = join(folder.path, 'erasures.ledger');
  });
  afterEach(() => folder.remove());

  const lines = (): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

  it('writes a line of time, kind and digest for each, in a file for its owner alone', async () => {
    const [chatId, userId] = [randomUUID(), randomUUID()];
    const ledger = new ErasureLedger(file, logger);

    await ledger.record('chat', [chatId]);
    await ledger.record('user', [userId]);

    expect(lines()).toHaveLength(2);
    for (const line of lines()) expect(line).toMatch(LINE);
    expect(lines()[0]).toContain(` chat ${erasureDigest('chat', chatId)}`);
    expect(readFileSync(file, 'utf8')).not.toContain(chatId);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps every line whole when several services write at once', async () => {
    const ledgers = Array.from({ length: 3 }, () => new ErasureLedger(file, logger));
    const ids = Array.from({ length: 150 }, () => randomUUID());

    await Promise.all(ids.map(async (id, i) => ledgers[i % 3]?.record('message', [id])));

    const noted = lines().filter((line) => line !== '');
    for (const line of noted) expect(line).toMatch(LINE);
    expect(new Set(noted.map((line) => line.slice(-64)))).toEqual(
      new Set(ids.map((id) => erasureDigest('message', id))),
    );
  });

  it('begins a new line after one that a power cut has left incomplete', async () => {
    const ledger = new ErasureLedger(file, logger);
    await ledger.record('chat', [randomUUID()]);
    truncateSync(file, statSync(file).size - 20);

    await ledger.record('chat', [randomUUID()]);

    expect(lines().map((line) => LINE.test(line))).toEqual([false, true]);
  });

  it('is SERVICE_UNAVAILABLE while it cannot be written, and works when it can', async () => {
    const ledger = new ErasureLedger(file, logger);
    rmSync(file);
    mkdirSync(file);
    await expect(ledger.record('chat', [randomUUID()])).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });

    rmSync(file, { recursive: true });
    await ledger.record('chat', [randomUUID()]);

    expect(lines()).toHaveLength(1);
  });

  it('ends the start with a line that names LEDGER_FILE when it cannot be written', () => {
    mkdirSync(file);

    expect(() => new ErasureLedger(file, logger)).toThrow(/^LEDGER_FILE cannot be written \(EISDIR\)/);
  });

  it('keeps existing lines', async () => {
    appendFileSync(file, 'older line\n');

    await new ErasureLedger(file, logger).record('user', [randomUUID()]);

    expect(lines()[0]).toBe('older line');
  });
});
