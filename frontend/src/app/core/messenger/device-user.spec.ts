import { keepForUser, noteDeviceUser, usersGone } from './device-user';

const ME = '00000000-0000-4000-8000-000000000001';
const DAY = 86_400_000;
const START = Date.parse('2026-01-01T00:00:00Z');

describe('what a user left unsent in this browser', () => {
  beforeEach(() => {
    localStorage.clear();
    localStorage.setItem(`secure-chat.draft.${ME}.chat`, 'half a thought');
  });
  afterEach(() => localStorage.clear());

  it('goes, when the session was ended while no page was open', () => {
    noteDeviceUser(ME, START);

    expect(usersGone(null, START + DAY)).toEqual([ME]);
  });

  it('waits for them, when the session ended by its age', () => {
    noteDeviceUser(ME, START);

    expect(usersGone(null, START + 8 * DAY)).toEqual([]);
    expect(usersGone(null, START + 20 * DAY)).toEqual([]);
  });

  it('waits 30 days for them, when this browser saw the session end', () => {
    noteDeviceUser(ME, START);
    keepForUser(ME, START + DAY);

    expect(usersGone(null, START + 2 * DAY)).toEqual([]);
    expect(usersGone(null, START + 30 * DAY)).toEqual([]);
    expect(usersGone(null, START + 32 * DAY)).toEqual([ME]);
  });

  it('stays, while they or others are signed in, and does not stay for ever', () => {
    noteDeviceUser(ME, START);
    expect(usersGone(ME, START + DAY)).toEqual([]);
    expect(usersGone('another', START + DAY)).toEqual([]);
    expect(usersGone('another', START + 32 * DAY)).toEqual([ME]);
  });
});
