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
      API_RATE_LIMIT: 50,
      REGISTRATION: 'open',
      LOG_LEVEL: 'info',
    });
    expect(isHttps(settings)).toBe(false);
  });

  it('take a list of origins, and are Secure if any is https', () => {
    const settings = readSettings(GATEWAY_SETTINGS, {
      PUBLIC_ORIGIN: 'http://a.example, https://b.example:8443',
    });

    expect(settings.PUBLIC_ORIGIN).toEqual(['http://a.example', 'https://b.example:8443']);
    expect(isHttps(settings)).toBe(true);
  });
});
