import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { percentiles, type Percentiles } from './generator/percentiles.js';

const BLOCK = Buffer.alloc(4096, 0x5a);
const WRITES = 300;

/** Measures the time to append 4 KiB with fsync, in milliseconds, which is the least cost of a commit. */
export function probeDisk(folder: string): Percentiles {
  const path = join(folder, 'probe');
  const file = openSync(path, 'w');
  const times: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    const start = performance.now();
    writeSync(file, BLOCK);
    fsyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  rmSync(path);
  return percentiles(times);
}
