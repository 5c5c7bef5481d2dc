import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Setting } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { AUTH_SETTINGS } from '../../apps/auth/src/config.js';
import { CHAT_SETTINGS } from '../../apps/chat/src/config.js';
import { GATEWAY_SETTINGS } from '../../apps/gateway/src/settings/config.js';
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
    for (const ofCaddy of ['DOMAIN', 'HTTPS_PORT']) passed.delete(ofCaddy);
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

/** What compose makes of a value of the file, whose defaults and alternatives may hold others. */
function interpolated(text: string, env: Readonly<Record<string, string>>): string {
  const inner = /\$\{([A-Z_]+)(:[-+])((?:[^${}]|\$(?!\{))*)\}/;
  let rest = text;
  for (let found = inner.exec(rest); found; found = inner.exec(rest)) {
    const [whole, name = '', kind, other = ''] = found;
    const value = env[name] ?? '';
    const isSet = value !== '';
    rest = rest.replace(whole, () => (kind === ':+' ? (isSet ? other : '') : isSet ? value : other));
  }
  return rest;
}

describe('what docker-compose.yml derives', () => {
  const compose = read('docker-compose.yml');
  const [, origin = ''] = /^ +PUBLIC_ORIGIN: (.+)$/m.exec(compose) ?? [];
  const [, port = ''] = /^ +ports: \['(.+:5000)'\]$/m.exec(compose) ?? [];

  it.each([
    [{}, 'http://localhost:5000'],
    [{ PORT: '80' }, 'http://localhost'],
    [{ PORT: '8080' }, 'http://localhost:8080'],
    [{ DOMAIN: 'chat.example.org' }, 'https://chat.example.org'],
    [{ DOMAIN: 'Chat.München.example' }, 'https://chat.xn--mnchen-3ya.example'],
    [{ DOMAIN: 'chat.example.org', HTTPS_PORT: '8443', PORT: '80' }, 'https://chat.example.org:8443'],
    [{ DOMAIN: 'chat.example.org', PUBLIC_ORIGIN: 'https://h:443' }, 'https://h'],
  ])('from %o is the origin %s', (env, expected) => {
    expect(SETTINGS['PUBLIC_ORIGIN']?.schema.parse(interpolated(origin, env))).toEqual([expected]);
  });

  it.each([
    [{}, '127.0.0.1:5000:5000'],
    [{ PORT: '8080', DOMAIN: 'chat.example.org' }, '127.0.0.1:8080:5000'],
    [{ PUBLISH_ADDRESS: '0.0.0.0' }, '0.0.0.0:5000:5000'],
  ])('from %o is the published port %s', (env, expected) => {
    expect(interpolated(port, env)).toBe(expected);
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
