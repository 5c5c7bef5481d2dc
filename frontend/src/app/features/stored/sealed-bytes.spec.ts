import { byteParts } from './sealed-bytes';

it('a stored message is cut into its parts, in hexadecimal', () => {
  const parts = byteParts({ seq: 1, version: 1, nonce: 'AP8Q', sealed: '', tag: 'gA==', file: 'x.db' });

  expect(parts.map(({ name, hex, bytes }) => [name, hex, bytes])).toEqual([
    ['version', '01', 1],
    ['nonce', '00ff10', 3],
    ['sealed', '', 0],
    ['tag', '80', 1],
  ]);
});
