import { readSettings } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { GATEWAY_SETTINGS, isHttpsOnly, withDefaultOrigin, type GatewaySettings } from './config.js';

const read = (env: Record<string, string>): GatewaySettings =>
  withDefaultOrigin(readSettings(GATEWAY_SETTINGS, env));

describe('the gateway’s settings', () => {
  it('have the defaults of the contract', () => {
    const settings = read({ PORT: '5123' });

    expect(settings).toMatchObject({
      PORT: 5123,
      HOST: 'localhost',
      PUBLIC_ORIGIN: ['http://localhost:5123'],
      MESSAGE_RATE_LIMIT: 20,
      AUTH_RATE_LIMIT: 60,
      API_RATE_LIMIT: 50,
      REGISTRATION: 'open',
      LOG_LEVEL: 'info',
    });
    expect(isHttpsOnly(settings)).toBe(false);
  });

  it.each([
    ['http://a.example, https://b.example:8443', ['http://a.example', 'https://b.example:8443']],
    ['https://h:443', ['https://h']],
    ['http://h:80/, http://h', ['http://h']],
    ['HTTPS://Chat.Example.ORG', ['https://chat.example.org']],
    ['https://chat.München.example', ['https://chat.xn--mnchen-3ya.example']],
    ['http://[0:0::1]:5000', ['http://[::1]:5000']],
    ['https://h:443,,', ['https://h']],
    [' , ', ['http://localhost:5000']],
  ])('take the origins %s as browsers write them', (text, origins) => {
    expect(read({ PUBLIC_ORIGIN: text }).PUBLIC_ORIGIN).toEqual(origins);
  });

  it.each([
    'not an origin',
    'ftp://h',
    'https://h/path',
    'https://u@h',
    'https://*.h',
    'https://h?x',
    'h',
    'https:h',
  ])('refuse %s as an origin', (text) => {
    expect(() => read({ PUBLIC_ORIGIN: text })).toThrow(/^PUBLIC_ORIGIN must be an origin/);
  });

  it('leave the default port out of the default origin too', () => {
    expect(read({ PORT: '80' }).PUBLIC_ORIGIN).toEqual(['http://localhost']);
  });

  it('refuse the ports that browsers refuse', () => {
    expect(() => read({ PORT: '6000' })).toThrow(/^PORT is 6000, which browsers refuse/);
    expect(() => read({ PUBLIC_ORIGIN: 'http://h:5060' })).toThrow(/^PUBLIC_ORIGIN names port 5060/);
  });

  it.each([
    ['https://a.example', true],
    ['https://a.example, http://10.0.0.2:5000', true],
    ['https://a.example, http://a.example:5000', false],
    ['http://a.example', false],
  ])('with PUBLIC_ORIGIN=%s, browsers may be told to use HTTPS alone: %s', (text, expected) => {
    expect(isHttpsOnly(read({ PUBLIC_ORIGIN: text }))).toBe(expected);
  });
});
