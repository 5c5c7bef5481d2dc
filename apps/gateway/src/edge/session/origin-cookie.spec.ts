import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { OriginCookie } from './origin-cookie.js';

const HTTPS = 'https://chat.example.org';
const HOME = 'http://10.0.0.2:5010';

/** Returns the Set-Cookie lines of an answer to a request. */
function lines(
  answer: (request: Request, response: Response) => void,
  headers: { origin?: string; cookie?: string } = {},
): string[] {
  const set: string[] = [];
  const response = { append: (_name: string, line: string) => set.push(line) };
  answer({ headers } as Request, response as unknown as Response);
  return set;
}

const named = (cookie: OriginCookie, headers: { origin?: string; cookie?: string } = {}): string[] =>
  lines((request, response) => cookie.set(request, response, 'v', 60), headers);

describe('OriginCookie', () => {
  it.each([
    ['http://localhost:5000', 'sid'],
    ['http://localhost:5010', 'sid-5010'],
    ['http://localhost', 'sid-80'],
    ['http://h:443', 'sid-443'],
    ['https://h', '__Host-sid'],
    ['https://h:5000', '__Host-sid'],
  ])('for %s is named %s', (origin, name) => {
    const [line = ''] = named(new OriginCookie('sid', [origin]));

    expect(line.startsWith(`${name}=v; Max-Age=60; Path=/; HttpOnly`)).toBe(true);
    expect(line.includes('Secure')).toBe(origin.startsWith('https'));
    expect(line).toContain('SameSite=Strict');
  });

  it('is that of the request’s origin, or of the first origin where the request has none', () => {
    const cookie = new OriginCookie('sid', [HTTPS, HOME]);

    expect(named(cookie)).toEqual([expect.stringMatching(/^__Host-sid=.*; Secure/)]);
    expect(named(cookie, { origin: HTTPS })).toEqual([expect.stringMatching(/^__Host-sid=.*; Secure/)]);
    expect(named(cookie, { origin: HOME })).toEqual([expect.stringMatching(/^sid-5010=(?!.*Secure)/)]);
  });

  it('with the __Host- prefix takes precedence over one without, even where it is empty', () => {
    const cookie = new OriginCookie('sid', [HTTPS, HOME]);

    expect(cookie.read('sid-5010=home; __Host-sid=https')).toBe('https');
    expect(cookie.read('sid-5010=home; __Host-sid=')).toBe('');
    expect(cookie.read('sid-5010=home')).toBe('home');
    expect(cookie.read('sid=another; sid-5011=another')).toBeUndefined();
  });

  it('without the __Host- prefix is ignored where all origins use HTTPS', () => {
    const cookie = new OriginCookie('sid', [HTTPS]);

    expect(cookie.read('sid=a; sid-5000=a; sid-443=a')).toBeUndefined();
    expect(cookie.read('sid=a; __Host-sid=b')).toBe('b');
  });

  it('deletes the cookies that the request sent, and one that would take precedence over the new one', () => {
    const cookie = new OriginCookie('sid', [HTTPS, HOME]);
    const both = 'sid-5010=home; __Host-sid=https';

    const cleared = lines((request, response) => cookie.clear(request, response), { cookie: both });
    const replaced = named(cookie, { origin: HOME, cookie: both });

    expect(cleared).toEqual([
      expect.stringMatching(/^__Host-sid=; Max-Age=0;/),
      expect.stringMatching(/^sid-5010=; Max-Age=0;/),
    ]);
    expect(replaced).toEqual([
      expect.stringMatching(/^sid-5010=v;/),
      expect.stringMatching(/^__Host-sid=; Max-Age=0;.*Secure/),
    ]);
  });
});
