import { describe, expect, it } from 'vitest';
import { EVENTS } from './events.js';

const AT = '2030-01-01T00:00:00.000Z';
const ids = {
  userId: crypto.randomUUID(),
  chatId: crypto.randomUUID(),
  sessionId: crypto.randomUUID(),
  memberIds: [crypto.randomUUID()],
};

describe.each(Object.entries(EVENTS))('%s', (_subject, { payload }) => {
  it('is read without the properties that are not known', () => {
    const known = Object.fromEntries(
      Object.entries({ ...ids, reason: 'revoked', at: AT }).filter(([field]) => field in payload.shape),
    );

    expect(payload.parse({ ...known, surprise: 1 })).toEqual(known);
  });
});
