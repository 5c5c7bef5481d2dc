import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Setting } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { AUTH_SETTINGS } from '../../apps/auth/src/config.js';
import { CHAT_SETTINGS } from '../../apps/chat/src/config.js';
import { GATEWAY_SETTINGS } from '../../apps/gateway/src/config.js';
import { nodeFlags } from '../node-flags.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const SETTINGS: Readonly<Record<string, Setting<unknown>>> = {
  ...AUTH_SETTINGS,
  ...CHAT_SETTINGS,
  ...GATEWAY_SETTINGS,
};

const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');

/** Default by name, where the compose file passes a setting through; '' leaves the service's own default. */
function passedThrough(): Map<string, string> {
  const entries = read('docker-compose.yml').matchAll(/^ +([A-Z_]+): \$\{\1:-([^$\n]*).*\}$/gm);
  return new Map([...entries].map(([, name = '', value = '']) => [name, value]));
}

describe('docker-compose.yml', () => {
  it('passes on what its user may set, with the defaults that the services have', () => {
    const passed = passedThrough();
    passed.delete('DOMAIN');
    const names = [
      'API_RATE_LIMIT',
      'AUTH_RATE_LIMIT',
      'LOG_LEVEL',
      'MESSAGE_RATE_LIMIT',
      'METRICS_PORT',
      'PUBLIC_ORIGIN',
      'REGISTRATION',
      'SOCKETS_PER_ADDRESS',
      'TRUST_PROXY',
    ];

    expect([...passed.keys()].toSorted()).toEqual(names);
    for (const [name, value] of passed) expect([SETTINGS[name]?.default, ''], name).toContain(value);
  });
});

describe('Dockerfile', () => {
  it.each(['auth', 'chat', 'gateway'])('runs %s as npm start does', (service) => {
    const main = `dist/apps/${service}/apps/${service}/src/main.js`;

    expect(read('Dockerfile')).toContain(
      `CMD ${JSON.stringify(['node', ...nodeFlags(service), main]).replaceAll(',', ', ')}`,
    );
  });
});
