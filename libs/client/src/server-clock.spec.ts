import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServerClock } from './server-clock.js';

const SERVER = Date.parse('2026-01-02T12:00:00Z');
const HOUR = 3_600_000;

describe('ServerClock', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([24 * HOUR, -24 * HOUR, 3 * HOUR, -20_000])(
    'gives the server’s time, when this clock is %i ms ahead',
    (ahead) => {
      vi.useFakeTimers({ now: SERVER + ahead });
      const clock = new ServerClock();

      clock.note(new Date(SERVER).toUTCString());
      vi.advanceTimersByTime(HOUR);

      expect(clock.now()).toBe(SERVER + HOUR);
    },
  );

  it('gives the server’s time again, when this clock was set meanwhile', () => {
    vi.useFakeTimers({ now: SERVER });
    const clock = new ServerClock();
    clock.note(new Date(SERVER).toUTCString());

    vi.setSystemTime(SERVER - 5 * HOUR);
    clock.note(new Date(SERVER).toUTCString());

    expect(clock.now()).toBe(SERVER);
  });

  it('gives this clock’s time, when it is right or the answer says nothing', () => {
    vi.useFakeTimers({ now: SERVER + 1_500 });
    const clock = new ServerClock();

    clock.note(null);
    clock.note('no date');
    clock.note(new Date(SERVER).toUTCString());

    expect(clock.now()).toBe(SERVER + 1_500);
  });
});
