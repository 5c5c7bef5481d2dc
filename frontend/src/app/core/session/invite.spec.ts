import { TestBed } from '@angular/core/testing';
import { Invite, readKey } from './invite';

describe('a key that was typed or pasted', () => {
  it.each([
    ['abc-DEF_1', 'abc-DEF_1'],
    ['  abc\n DEF\t', 'abcDEF'],
    ['https://chat.example/join#abc', 'abc'],
    ['Join me: https://chat.example/join#ab\nc ', 'abc'],
    ['', ''],
  ])('is read from %j', (text, key) => {
    expect(readKey(text)).toBe(key);
  });
});

describe('an invite', () => {
  afterEach(() => history.replaceState(null, '', '/'));

  it('takes the key out of the address at once, and hands it out once', () => {
    history.replaceState(null, '', '/join#the-key');
    const invite = TestBed.inject(Invite);

    invite.watchAddress();

    expect(location.href).not.toContain('the-key');
    expect(location.pathname).toBe('/join');
    expect([invite.take(), invite.take()]).toEqual(['the-key', null]);
  });

  it('is none when the address is another page with a fragment', () => {
    history.replaceState(null, '', '/chats#the-key');
    const invite = TestBed.inject(Invite);

    invite.watchAddress();

    expect(invite.key()).toBeNull();
  });
});
