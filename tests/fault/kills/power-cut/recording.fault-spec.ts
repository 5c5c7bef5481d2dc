import { expect, it } from 'vitest';
import { callsIn } from './recording.js';

it('puts together a call that another thread interrupts', () => {
  const log = [
    '7 pwrite64(20</data/auth.db>, "ab", 2, 4096 <unfinished ...>',
    '8 fsync(21</data>)                 = 0',
    '8 unlink("/data/gone")             = -1 ENOENT (No such file or directory)',
    '7 <... pwrite64 resumed>)           = 2',
    '',
  ].join('\n');

  expect(callsIn(log)).toEqual([
    { name: 'fsync', args: '21</data>', result: 0 },
    { name: 'pwrite64', args: '20</data/auth.db>, "ab", 2, 4096', result: 2 },
  ]);
});
