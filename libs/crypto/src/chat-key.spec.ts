import { expect, it } from 'vitest';
import { createChatKey, formatChatKey, parseChatKey } from './index.js';

it('no two keys made are alike, and each has a text form', () => {
  const made = Array.from({ length: 100 }, () => createChatKey());

  expect(new Set(made.map((key) => key.toString('hex'))).size).toBe(100);
  for (const key of made) expect(parseChatKey(formatChatKey(key))).toEqual(key);
});
