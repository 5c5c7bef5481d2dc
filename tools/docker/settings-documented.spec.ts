import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Setting } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { AUTH_SETTINGS } from '../../apps/auth/src/config.js';
import { CHAT_SETTINGS } from '../../apps/chat/src/config.js';
import { GATEWAY_SETTINGS } from '../../apps/gateway/src/config.js';

const ROOT = resolve(import.meta.dirname, '../..');
const SETTINGS: Readonly<Record<string, Setting<unknown>>> = {
  ...AUTH_SETTINGS,
  ...CHAT_SETTINGS,
  ...GATEWAY_SETTINGS,
};

/** What programs set, not people: the supervisor, and the image. */
const INTERNAL = ['SUPERVISED', 'CLIENT_DIR'];

/** Defaults that a service works out from other settings, or that `npm start` brings. */
const WORKED_OUT = ['NATS_URL', 'NATS_CREDS_FILE', 'MASTER_KEY_FILE', 'LEDGER_FILE', 'PUBLIC_ORIGIN'];

const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');

/** Default by name, as the page for operators says it. */
function documented(): Map<string, string> {
  const rows = read('docs/operations.md').matchAll(/^\| ([A-Z_]+) +\| (.*?) +\|/gm);
  return new Map([...rows].map(([, name = '', value = '']) => [name, value]));
}

/** Default by name, where the compose file passes a setting through; '' leaves the service's own default. */
function passedThrough(): Map<string, string> {
  const entries = read('docker-compose.yml').matchAll(/^ +([A-Z_]+): \$\{\1:-([^$\n]*).*\}$/gm);
  return new Map([...entries].map(([, name = '', value = '']) => [name, value]));
}

describe('docs/operations.md', () => {
  it('has a row for each setting that people set, and no other', () => {
    const names = Object.keys(SETTINGS).filter((name) => !INTERNAL.includes(name));

    expect([...documented().keys()].toSorted()).toEqual(names.toSorted());
  });

  it.each(Object.keys(SETTINGS).filter((name) => ![...INTERNAL, ...WORKED_OUT].includes(name)))(
    'tells the default of %s that the services have',
    (name) => {
      expect(documented().get(name)?.split(/[ ;]/)[0]).toBe(SETTINGS[name]?.default);
    },
  );
});

describe('docker-compose.yml', () => {
  it('passes on what its user may set, with the defaults that the services have', () => {
    const passed = passedThrough();
    passed.delete('DOMAIN');
    const names = [
      'AUTH_RATE_LIMIT',
      'LOG_LEVEL',
      'MESSAGE_RATE_LIMIT',
      'PUBLIC_ORIGIN',
      'REGISTRATION',
      'SOCKETS_PER_ADDRESS',
      'TRUST_PROXY',
    ];

    expect([...passed.keys()].toSorted()).toEqual(names);
    for (const [name, value] of passed) expect([SETTINGS[name]?.default, ''], name).toContain(value);
  });
});
