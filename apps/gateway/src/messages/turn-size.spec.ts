import { join } from 'node:path';
import { sqliteOptions, WriteQueue } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { TurnSize } from './turn-size.js';

const TURNS = 5;

it('lets what others have sent be read and stored between two turns of a long work', async () => {
  const folder = temporaryFolder();
  const source = await new DataSource(
    sqliteOptions(join(folder.path, 'turns.db'), { entities: [], migrations: [] }),
  ).initialize();
  const queue = new WriteQueue(source);
  const order: string[] = [];
  const size = new TurnSize();
  /** Somebody whose next message comes with the next round of the event loop. */
  const other = (): void => {
    void queue.transaction(() => order.push('other'));
    if (order.length < 2 * TURNS) setImmediate(other);
  };

  setImmediate(other);
  for (let turn = 0; turn < TURNS; turn++) await size.turn(queue, () => order.push('turn'));

  const between = order.slice(order.indexOf('turn'), order.lastIndexOf('turn'));
  expect(
    between
      .join(' ')
      .split('turn')
      .slice(1, -1)
      .every((gap) => gap.includes('other')),
  ).toBe(true);
  expect(order.filter((one) => one === 'turn')).toHaveLength(TURNS);
  await source.destroy();
  folder.remove();
});
