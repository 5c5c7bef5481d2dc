import { clockTime, dayNumber, dayWords, exactTime, lastSeenWords, listTime } from './time-words';
import { noticeTimeZone } from './time-zone';

const at = (year: number, month: number, day: number, hour = 12, minute = 0): Date =>
  new Date(year, month - 1, day, hour, minute);

describe('a day', () => {
  const now = at(2026, 5, 20).getTime();

  it.each([
    [at(2026, 5, 20, 0, 0), 'Today'],
    [at(2026, 5, 19, 23, 59), 'Yesterday'],
    [at(2026, 5, 15), 'Friday'],
    [at(2026, 5, 13), 'Wednesday, May 13'],
    [at(2025, 12, 31), 'December 31, 2025'],
  ])('%s is called %s', (time, words) => {
    expect(dayWords(time.toISOString(), now)).toBe(words);
  });

  it('changes at local midnight, also where clocks are put back', () => {
    expect(dayNumber(at(2026, 10, 25, 23, 30).getTime()) - dayNumber(at(2026, 10, 25, 0, 10).getTime())).toBe(
      0,
    );
    expect(dayNumber(at(2026, 10, 26, 0, 0).getTime()) - dayNumber(at(2026, 10, 25, 23, 59).getTime())).toBe(
      1,
    );
  });
});

describe('when somebody was last seen', () => {
  const now = at(2026, 5, 20, 12, 0).getTime();

  it.each([
    [at(2026, 5, 20, 11, 59).getTime() + 30_000, 'last seen just now'],
    [at(2026, 5, 20, 11, 48).getTime(), 'last seen 12 min ago'],
    [at(2026, 5, 20, 9, 5).getTime(), 'last seen today at'],
    [at(2026, 5, 19, 9, 5).getTime(), 'last seen yesterday at'],
  ])('%s', (time, words) => {
    expect(lastSeenWords(new Date(time).toISOString(), now)).toContain(words);
  });
});

describe('when a chat was last active', () => {
  const now = at(2026, 1, 20).getTime();

  it('has its year, when that is another', () => {
    expect(listTime(at(2026, 1, 2).toISOString(), now)).not.toContain('2026');
    expect(listTime(at(2025, 12, 31).toISOString(), now)).toContain('2025');
    expect(lastSeenWords(at(2024, 5, 1).toISOString(), now)).toContain('2024');
  });
});

it('times follow the reader into another time zone', () => {
  const time = '2025-01-15T12:30:00.000Z';

  noticeTimeZone('Europe/Berlin');
  expect([clockTime(time), exactTime(time)].join()).toMatch(/(01|13):30.*(1|13):30:00/u);
  noticeTimeZone('Asia/Tokyo');
  expect([clockTime(time), exactTime(time)].join()).toMatch(/(09|21):30.*(9|21):30:00/u);
  noticeTimeZone();
});
