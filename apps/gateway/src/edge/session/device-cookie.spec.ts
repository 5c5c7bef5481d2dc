import { join } from 'node:path';
import { LIMITS } from '@app/contracts/edge';
import { readSettings, sqliteOptions, WriteQueue } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import type { Request, Response } from 'express';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GATEWAY_SETTINGS, withDefaultOrigin } from '../../settings/config.js';
import { GATEWAY_MIGRATIONS } from '../../store/sqlite/migrations/migrations.js';
import { SqliteSecrets } from '../../store/sqlite/sqlite-secrets.js';
import { DeviceCookie } from './device-cookie.js';

const DAY_MS = 86_400_000;

describe('DeviceCookie', () => {
  const folder = temporaryFolder();
  let source: DataSource;
  let devices: DeviceCookie;

  beforeEach(async () => {
    const migrations = GATEWAY_MIGRATIONS;
    const file = join(folder.path, 'gateway.db');
    source = await new DataSource(sqliteOptions(file, { entities: [], migrations })).initialize();
    const secrets = new SqliteSecrets(new WriteQueue(source));
    devices = new DeviceCookie(withDefaultOrigin(readSettings(GATEWAY_SETTINGS, {})), secrets);
    await devices.onModuleInit();
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await source.destroy();
    folder.remove();
  });

  /** Returns the Cookie header of a browser after a log-in. @param before its header before the log-in */
  function afterLogIn(username: string, before?: string): string {
    let cookie = '';
    const response = {
      append: (_name: string, value: string) => {
        cookie = value.split(';')[0] ?? '';
      },
    };
    const request = { headers: { cookie: before } };
    devices.remember(request as Request, response as unknown as Response, username);
    return cookie;
  }

  it('accepts an entry for 180 days by the signed day, and only for its account', () => {
    const cookie = afterLogIn('Ann');

    expect(devices.entryFor(cookie, 'ann')).toBeDefined();
    expect(devices.entryFor(cookie, 'bob')).toBeUndefined();
    vi.setSystemTime(Date.now() + LIMITS.deviceCookieMs - DAY_MS);
    expect(devices.entryFor(cookie, 'ann')).toBeDefined();
    vi.setSystemTime(Date.now() + 2 * DAY_MS);
    expect(devices.entryFor(cookie, 'ann')).toBeUndefined();
  });

  it('rejects an entry with a changed day and one of another installation', async () => {
    const cookie = afterLogIn('ann');
    const younger = cookie.replace(/=(\d+)/, (_, day: string) => `=${Number(day) + 1}`);

    expect(devices.entryFor(younger, 'ann')).toBeUndefined();
    await source.query("DELETE FROM secrets WHERE name = 'device'");
    await devices.onModuleInit();
    expect(devices.entryFor(cookie, 'ann')).toBeUndefined();
  });

  it('keeps the entries of the last five accounts', () => {
    const names = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'];

    const cookie = names.reduce<string | undefined>((before, name) => afterLogIn(name, before), undefined);

    const known = names.filter((name) => devices.entryFor(cookie, name) !== undefined);
    expect(known).toEqual(['a2', 'a3', 'a4', 'a5', 'a6']);
  });
});
