import { readSettings } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { GATEWAY_SETTINGS, isHttps, withDefaultOrigin } from './config.js';

describe('the gateway’s settings', () => {
  it('have the defaults of the contract', () => {
    const settings = withDefaultOrigin(readSettings(GATEWAY_SETTINGS, { PORT: '5123' }));

    expect(settings).toMatchObject({
      PORT: 5123,
      HOST: 'localhost',
      PUBLIC_ORIGIN: ['http://localhost:5123'],
      MESSAGE_RATE_LIMIT: 20,
      AUTH_RATE_LIMIT: 60,
      REGISTRATION: 'open',
      LOG_LEVEL: 'info',
    });
    expect(isHttps(settings)).toBe(false);
  });

  it.each([
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '5000x'],
    ['PUBLIC_ORIGIN', 'chat.example.org'],
    ['PUBLIC_ORIGIN', 'https://chat.example.org/path'],
    ['PUBLIC_ORIGIN', 'ftp://chat.example.org'],
    ['MESSAGE_RATE_LIMIT', '-1'],
    ['AUTH_RATE_LIMIT', 'many'],
    ['REGISTRATION', 'maybe'],
    ['TRUST_PROXY', 'everyone'],
    ['LOG_LEVEL', 'loud'],
    ['NATS_URL', 'not a url'],
    ['NATS_URL', 'http://host:4222'],
    ['NATS_CREDS_FILE', '/no/such/file'],
  ])('refuse %s=%s with one line that names it and does not repeat the value', (name, value) => {
    const read = (): unknown => readSettings(GATEWAY_SETTINGS, { [name]: value });

    expect(read).toThrow(new RegExp(`^${name} (must be|cannot be)[^\\n]*$`));
  });

  it('take a list of origins, and are Secure if any is https', () => {
    const settings = readSettings(GATEWAY_SETTINGS, {
      PUBLIC_ORIGIN: 'http://a.example, https://b.example:8443',
    });

    expect(settings.PUBLIC_ORIGIN).toEqual(['http://a.example', 'https://b.example:8443']);
    expect(isHttps(settings)).toBe(true);
  });
});
