import type { BusClient } from '@app/platform';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { MissingUsers } from './missing-users.js';

describe('the look for members who do not exist any more', () => {
  /** Services with so many members, of whom auth knows some. */
  function services(
    members: number,
    isKnown: (id: string) => boolean,
  ): { bus: BusClient; removed: string[] } {
    const ids = Array.from({ length: members }, (_, i) => String(i).padStart(6, '0'));
    const removed: string[] = [];
    const request = async (subject: string, body: { after: string; ids: string[]; userId: string }) => {
      if (subject === 'chat.members.list') {
        const rest = ids.filter((id) => id > (body.after ?? ''));
        return { userIds: rest.slice(0, 200), hasMore: rest.length > 200 };
      }
      if (subject === 'auth.users.get') return { users: body.ids.filter(isKnown).map((id) => ({ id })) };
      removed.push(body.userId);
      return {};
    };
    return { bus: { request } as unknown as BusClient, removed };
  }

  const look = (bus: BusClient): Promise<number> => new MissingUsers(bus, pino({ level: 'silent' })).remove();

  it('has exactly those removed whom auth does not know, on every page', async () => {
    const { bus, removed } = services(1_000, (id) => id !== '000007' && id !== '000999');
    expect(await look(bus)).toBe(2);
    expect(removed).toEqual(['000007', '000999']);
  });

  it('has nobody removed where auth knows too few: its store is older than that of chat', async () => {
    const { bus, removed } = services(1_000, (id) => id < '000900');
    expect(await look(bus)).toBe(0);
    expect(removed).toEqual([]);
  });
});
