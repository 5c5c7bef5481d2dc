import { describe, expect, it } from 'vitest';
import { CookieJar } from './cookie-jar.js';

describe('CookieJar', () => {
  it('gives back what was set, without its attributes', () => {
    const jar = new CookieJar();

    jar.store(['sid=abc=; Path=/; HttpOnly; SameSite=Strict', 'device=xyz; Max-Age=100']);

    expect(jar.header()).toBe('sid=abc=; device=xyz');
  });

  it('replaces a cookie, when it is set again', () => {
    const jar = new CookieJar();

    jar.store(['sid=old; Path=/']);
    jar.store(['sid=new; Path=/']);

    expect(jar.header()).toBe('sid=new');
  });

  it.each(['sid=; Path=/', 'sid=x; Max-Age=0', 'sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])(
    'forgets a cookie, when it is ended by %s',
    (line) => {
      const jar = new CookieJar();
      jar.store(['sid=abc']);

      jar.store([line]);

      expect(jar.header()).toBeUndefined();
    },
  );

  it('ignores a line that sets nothing', () => {
    const jar = new CookieJar();

    jar.store(['', 'nothing', '=value']);

    expect(jar.header()).toBeUndefined();
  });
});
