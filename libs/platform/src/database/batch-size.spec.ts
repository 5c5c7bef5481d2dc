import { join } from 'node:path';
import { temporaryFolder } from '@app/testing';
import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { BatchSize } from './batch-size.js';
import { sqliteOptions } from './sqlite.js';
import { WriteQueue } from './write-queue.js';

const BATCHES = 5;

it('yields between two batches of a long work, so that what others have sent is stored', async () => {
  const folder = temporaryFolder();
  const source = await new DataSource(
    sqliteOptions(join(folder.path, 'batches.db'), { entities: [], migrations: [] }),
  ).initialize();
  const queue = new WriteQueue(source);
  const order: string[] = [];
  const size = new BatchSize();
  /** Somebody whose next message comes with the next round of the event loop. */
  let ended = false;
  const other = (): void => {
    if (ended) return;
    void queue.transaction(() => order.push('other'));
    setImmediate(other);
  };

  setImmediate(other);
  for (let batch = 0; batch < BATCHES; batch++) await size.batch(queue, () => order.push('batch'));
  ended = true;
  await queue.drain();

  const between = order.slice(order.indexOf('batch'), order.lastIndexOf('batch'));
  expect(
    between
      .join(' ')
      .split('batch')
      .slice(1, -1)
      .every((gap) => gap.includes('other')),
  ).toBe(true);
  expect(order.filter((one) => one === 'batch')).toHaveLength(BATCHES);
  await source.destroy();
  folder.remove();
});
