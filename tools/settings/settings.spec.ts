import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings, type Setting } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { AUTH_SETTINGS } from '../../apps/auth/src/config.js';
import { CHAT_SETTINGS } from '../../apps/chat/src/config.js';
import { GATEWAY_SETTINGS } from '../../apps/gateway/src/settings/config.js';
import { settingsExample, settingsTable } from './texts.mjs';

const SETTINGS: Readonly<Record<string, Setting<unknown>>> = {
  ...AUTH_SETTINGS,
  ...CHAT_SETTINGS,
  ...GATEWAY_SETTINGS,
};

/** Paths: any text can be one, and whether it can be used shows at the start, in a line of its own. */
const ANY_TEXT = ['LEDGER_FILE', 'DATA_DIR', 'MASTER_KEY_FILE', 'CLIENT_DIR', 'SUPERVISED'];

const BAD: Readonly<Record<string, readonly string[]>> = {
  PORT: ['0', '-1', '65536', '5000x', '5e3', '0x10', 'http'],
  HOST: ['http://localhost', 'local host', 'a/b', '*'],
  PUBLIC_ORIGIN: [
    'talk.example.com',
    'https://talk.example.com/path',
    'ftp://chat.example.org',
    'https://user@chat.example.org',
    'null',
    '*',
    'https://a.example, b.example',
  ],
  NATS_URL: [
    'not a url',
    'http://host:4222',
    'tls://',
    'nats://host:port',
    'nats://a:4222,gopher://b',
    'nats://user:%zz@host:4222',
    'nats://a:4222,',
  ],
  NATS_CREDS_FILE: ['/no/such/file', '/', import.meta.filename],
  NATS_CA_FILE: ['/no/such/file', '/', import.meta.filename],
  MESSAGE_RATE_LIMIT: ['-1', '1.5', 'many', '1000001', 'NaN'],
  AUTH_RATE_LIMIT: ['-1', '1.5', 'many', '1000001', 'Infinity'],
  API_RATE_LIMIT: ['-1', '1.5', 'many', '1000001', '50/s'],
  SOCKETS_PER_ADDRESS: ['-1', '1.5', 'many', '1000001'],
  REGISTRATION: ['maybe', 'OPEN', 'true'],
  TRUST_PROXY: ['everyone', '300.1.1.1', '10.0.0.0/99', '-1'],
  LOG_LEVEL: ['loud', 'INFO', '30'],
  METRICS_PORT: ['-1', '65534', 'yes'],
  METRICS_HOST: ['http://localhost', 'a b', '*'],
};

describe('a bad value', () => {
  it('is known for every setting but those that take any text', () => {
    expect([...Object.keys(BAD), ...ANY_TEXT].toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
  });

  it.each(Object.entries(BAD).flatMap(([name, values]) => values.map((value) => [name, value] as const)))(
    'of %s is refused with one line that names it and does not repeat it: %s',
    (name, value) => {
      const read = (): unknown => readSettings(SETTINGS, { [name]: value });

      expect(read).toThrow(new RegExp(`^${name} (must|cannot) [^\\n]*$`));
      let line = '';
      try {
        read();
      } catch (error) {
        line = String(error);
      }
      expect(line.includes(value) && value.length > 3).toBe(false);
    },
  );

  it('is a file of the wrong kind, also when it can be read', () => {
    const folder = temporaryFolder();
    const file = join(folder.path, 'file');
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');

    for (const name of ['NATS_CA_FILE', 'NATS_CREDS_FILE'])
      expect(() => readSettings(SETTINGS, { [name]: file }), name).toThrow(`${name} must name a file`);
    folder.remove();
  });
});

describe('NATS_URL', () => {
  it('is split into servers and the credentials of the first', () => {
    const { NATS_URL: url } = readSettings(AUTH_SETTINGS, {
      NATS_URL: 'nats://a%40b:p%3Aw@one:4222, tls://two:1',
    });

    expect(url).toEqual({ servers: ['nats://one:4222', 'tls://two:1'], user: 'a@b', pass: 'p:w' });
  });
});

describe('an empty variable', () => {
  it('counts as not set, for every setting', () => {
    const nothing = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, ' ']));

    // Functions are made anew each time.
    expect(JSON.stringify(readSettings(SETTINGS, nothing))).toBe(JSON.stringify(readSettings(SETTINGS, {})));
  });
});

describe('what people read', () => {
  it('has each setting that people set once, and none that programs set', () => {
    const people = Object.keys(SETTINGS).filter((name) => !['CLIENT_DIR', 'SUPERVISED'].includes(name));
    const rows = [...settingsTable(SETTINGS).matchAll(/^\| ([A-Z_]+) \|/gm)].map(([, name]) => name);
    const lines = [...settingsExample(SETTINGS, 'PORT: ${PORT:-5000}').matchAll(/^#([A-Z_]+)=/gm)];

    expect(rows).toHaveLength(people.length);
    expect(new Set(rows)).toEqual(new Set(people));
    expect(lines).toHaveLength(people.length + 4);
    expect(new Set(lines.map(([, name]) => name))).toEqual(
      new Set([...people, 'DOMAIN', 'HTTPS_PORT', 'HTTP_PORT', 'PUBLISH_ADDRESS']),
    );
  });
});
