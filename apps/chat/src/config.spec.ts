import { SettingError } from '@app/platform';
import { describe, expect, it } from 'vitest';
import { chatSettings } from './config.js';

describe('MASTER_KEY_FILE', () => {
  it('lies in DATA_DIR, when it is not set', () => {
    expect(chatSettings({ DATA_DIR: '/srv/chat' }).MASTER_KEY_FILE).toBe('/srv/chat/master.key');
  });

  it('is a path from the working folder, when it is not absolute', () => {
    expect(chatSettings({ MASTER_KEY_FILE: 'keys/m' }).MASTER_KEY_FILE).toBe(`${process.cwd()}/keys/m`);
  });
});

it.each([
  ['NATS_URL', 'host:4222'],
  ['NATS_URL', 'http://host'],
  ['NATS_URL', ','],
  ['NATS_CREDS_FILE', '/nowhere/at/all'],
  ['LOG_LEVEL', 'loud'],
])('is refused by name, when %s is %j', (name, value) => {
  const read = (): unknown => chatSettings({ [name]: value });

  expect(read).toThrow(SettingError);
  expect(read).toThrow(new RegExp(`^${name} `));
});
