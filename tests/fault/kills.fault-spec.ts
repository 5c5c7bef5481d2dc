import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromSeed } from '@nats-io/nkeys';
import {
  createMasterKeyLine,
  lookupIndex,
  parseMasterKeys,
  unwrapChatKey,
  uuidToBytes,
  wrapChatKey,
} from '@app/crypto';
import {
  bareRequest,
  EdgeClient,
  eventually,
  freePort,
  NatsServerUnderTest,
  ServiceProcess,
  SERVICES,
  Stack,
  temporaryFolder,
} from '@app/testing';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busCertificates } from '../../tools/nats/certificates.mjs';
import { USERS } from '../../tools/nats/permissions.mjs';
import { openBackup } from '../../tools/cli/restore/bundle.js';
import { requireWhole } from '../../tools/cli/restore/erase-again.js';
import { installedArchives } from '../backup/installed-archives.js';
import { type KillCounts, writtenKills } from './kills/counts.js';
import { crashImages, restoreImage } from './kills/crash-images.js';
import { callsOf, hasStrace, killedAt, refusedAt, sampled, type Traced, type Until } from './kills/traced.js';

const MINUTE = 60_000;
const LONG = process.env['TEST_LONG'] === '1';

/** How many calls of each command one run kills. */
const SAMPLED = 3;

let folder: ReturnType<typeof temporaryFolder>;
let template: string;
let data: string;

const counts: Record<string, KillCounts> = {};
const counted = (name: string, what: keyof KillCounts, count: number): void => {
  counts[name] ??= { kills: 0, refusals: 0, images: 0 };
  counts[name][what] += count;
};
/** Only what struck a call that writes in the folder counts. */
const struck = (name: string, what: 'kills' | 'refusals', text: string): void =>
  counted(name, what, text.includes(folder.path) ? 1 : 0);
/** Fails where none of the calls has been struck. */
const requireStruck = (name: string, ...whats: ('kills' | 'refusals')[]): void => {
  for (const what of whats) expect(counts[name]?.[what], `${name}: ${what}`).toBeGreaterThan(0);
};

beforeAll(() => {
  folder = temporaryFolder();
  execFileSync('tar', ['-xzf', installedArchives()[0] ?? '', '-C', folder.path]);
  template = join(folder.path, 'stopped');
  data = join(folder.path, 'data');
});
afterAll(() => {
  console.log(`killed, refused and crashed: ${JSON.stringify(counts)}`);
  if (LONG) writeFileSync('docs/kills.md', writtenKills(counts));
  folder.remove();
});

/** Puts a folder in the place of the one that is worked on. */
function reset(from = template, to = data): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}

const command = (name: string, ...args: string[]): Traced => ({
  args: ['tools/secure-chat.mjs', name, ...args],
  env: { DATA_DIR: data },
});

/** Runs a command to its end. */
function run({ args, env }: Traced): string {
  const { PATH = '', HOME = '' } = process.env;
  return execFileSync(process.execPath, args, {
    env: { PATH, HOME, ...env },
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/**
 * Kills a command in the place of each of its writing calls, and lets the disk refuse each of them.
 * @param prepare makes what the command works on
 * @param check fails where something is lost, or a second run does not mend all
 */
async function everyCall(
  name: string,
  program: Traced,
  prepare: () => void,
  check: () => Promise<void> | void,
  until?: Until,
): Promise<void> {
  prepare();
  const calls = await callsOf(program, folder.path, until);
  expect(calls.length, 'the command writes').toBeGreaterThan(3);
  for (const call of sampled(calls, SAMPLED)) {
    prepare();
    const { text } = await killedAt(program, call, folder.path, until);
    await (async () => check())().catch((error: unknown) => {
      throw new Error(`${name} was killed at ${text}`, { cause: error });
    });
    struck(name, 'kills', text);
  }
  const growing = calls.filter(({ name: call }) => /^(write|pwrite64|link|mkdir|rename|fsync)$/.test(call));
  for (const call of sampled(growing, SAMPLED)) {
    prepare();
    const { output, text } = await refusedAt(program, call, folder.path, until);
    expect(output, `${name}: the disk refused ${text}`).not.toMatch(/^\s+at .*\(/m);
    await (async () => check())().catch((error: unknown) => {
      throw new Error(`${name}: the disk refused ${text}`, { cause: error });
    });
    struck(name, 'refusals', text);
  }
  requireStruck(name, 'kills', 'refusals');
}

const keyFile = (): string => join(data, 'master.key');

/** Without strace a newcomer is told so by the one test that says it, and CI fails. */
const whereTraced = hasStrace() ? describe : (): void => undefined;

it('has strace, or says that kills are not tried', () => {
  if (!hasStrace()) console.warn('kills are not tried: apt-get install strace');
  expect(hasStrace() || process.env['CI'] === undefined).toBe(true);
});

whereTraced('npm run keys:rotate, killed, refused and cut off anywhere', { timeout: 60 * MINUTE }, () => {
  let first: string;
  let rotated: string;

  beforeAll(() => {
    first = readFileSync(join(template, 'master.key'), 'utf8');
    rotated = join(folder.path, 'rotated');
    reset(template, rotated);
    const lines = `${first}${createMasterKeyLine(2)}\n`;
    const keys = parseMasterKeys(lines);
    const db = new Database(join(rotated, 'chat.db'));
    const rows = db.prepare('SELECT chat_id, wrapped_key FROM chat_keys').all() as {
      chat_id: string;
      wrapped_key: Buffer;
    }[];
    const update = db.prepare(
      'UPDATE chat_keys SET key_version = 2, lookup = ?, wrapped_key = ? WHERE chat_id = ?',
    );
    for (const { chat_id: id, wrapped_key: wrapped } of rows) {
      const key = unwrapChatKey(wrapped, keys, uuidToBytes(id));
      update.run(lookupIndex(key, keys.current), wrapChatKey(key, keys.current, uuidToBytes(id)), id);
    }
    db.prepare('DELETE FROM master_key_checks').run();
    db.prepare('INSERT INTO master_key_checks VALUES (2, ?)').run(keys.current.check);
    db.close();
    writeFileSync(join(rotated, 'master.key'), lines);
  });

  /** The file is whole and has the old key, whatever happened while a new one was added. */
  const hasFirst = (): void => {
    const text = readFileSync(keyFile(), 'utf8');
    parseMasterKeys(text);
    expect(text.startsWith(first)).toBe(true);
  };

  /** A second run ends, and nothing is left but the new key. */
  const endsWithSecond = (): void => {
    const lines = readFileSync(keyFile(), 'utf8');
    const { current, versions } = parseMasterKeys(lines);
    expect(current.version).toBe(2);
    // Where it had done all, another run would begin with the next version.
    const isDone = versions.length === 1 && !readdirSync(data).some((name) => name.endsWith('.old'));
    if (!isDone) run(command('keys-rotate'));
    expect(readFileSync(keyFile(), 'utf8')).toBe(
      readFileSync(join(rotated, 'master.key'), 'utf8').slice(first.length),
    );
    expect(readdirSync(data).filter((name) => /master\.key.+/.test(name))).toEqual([]);
  };

  it('never loses the old key while a new one is added', async () => {
    const isAdded = (): boolean =>
      readFileSync(keyFile(), 'utf8').split('\n').length > 2 &&
      !readdirSync(data).some((name) => name.endsWith('.old'));
    await everyCall('keys:rotate, adding', command('keys-rotate'), () => reset(), hasFirst, isAdded);
  });

  it('never loses the new key while the old one is destroyed, and a second run finishes it', async () => {
    await everyCall('keys:rotate, destroying', command('keys-rotate'), () => reset(rotated), endsWithSecond);
  });

  it('has lost no key after a power cut at any moment, whatever was not synced', () => {
    reset(rotated);
    const images = crashImages(command('keys-rotate'), data, join(folder.path, 'recording'));
    expect(images.length).toBeGreaterThan(20);
    for (const image of images) {
      const keys = parseMasterKeys(String(image.get('master.key')));
      expect(keys.get(2), 'the new key is on the disk').toBeDefined();
    }
    for (const image of sampled(images, SAMPLED)) {
      restoreImage(image, data);
      endsWithSecond();
    }
    counted('keys:rotate, destroying', 'images', images.length);
  });
});

whereTraced('npm run nats:rotate, killed, refused and cut off anywhere', { timeout: 60 * MINUTE }, () => {
  // Those that the installation has had; what is new is made by any run.
  const had = ['auth', 'chat', 'gateway', 'operator'];

  /** Every seed is whole, and a second run makes all of it fit together. */
  const isWhole = (): void => {
    for (const name of had) fromSeed(readFileSync(join(data, 'nats', `${name}.nk`)));
    run(command('nats-rotate'));
    const config = readFileSync(join(data, 'nats/nats.conf'), 'utf8');
    for (const name of USERS)
      expect(config).toContain(fromSeed(readFileSync(join(data, 'nats', `${name}.nk`))).getPublicKey());
    expect(readdirSync(join(data, 'nats')).toSorted()).toEqual(
      [...USERS.map((name) => `${name}.nk`), 'nats.conf'].toSorted(),
    );
  };

  it('leaves whole keys, and a second run finishes it', async () => {
    await everyCall('nats:rotate', command('nats-rotate'), () => reset(), isWhole);
  });

  it('leaves whole keys after a power cut at any moment', () => {
    reset();
    const images = crashImages(command('nats-rotate'), data, join(folder.path, 'recording'));
    for (const image of images)
      for (const name of had) fromSeed(image.get(`nats/${name}.nk`) ?? Buffer.alloc(0));
    counted('nats:rotate', 'images', images.length);
    expect(images.length).toBeGreaterThan(20);
  });
});

/** Fails unless a restore is refused because an earlier one did not finish. */
function requireRefused(restore: Traced): void {
  try {
    run(restore);
  } catch (error) {
    if (/restore that did not finish/.test(String(error))) return;
    throw error;
  }
  throw new Error('a restore took a folder in which another one had not finished');
}

whereTraced('backup and restore, killed and refused anywhere', { timeout: 60 * MINUTE }, () => {
  let backups: string;

  beforeAll(() => {
    backups = join(folder.path, 'backups');
  });

  it('leaves no backup that is not whole, and a second backup is made', async () => {
    const program = command('backup', backups);
    await everyCall(
      'backup',
      program,
      () => {
        reset();
        rmSync(backups, { recursive: true, force: true });
      },
      async () => {
        const names = existsSync(backups) ? readdirSync(backups) : [];
        for (const name of names.filter(
          (one) => existsSync(join(backups, one, 'manifest.json')) && one.endsWith('Z'),
        ))
          await openBackup(join(backups, name));
        run(program);
        await openBackup(backups);
        expect(readdirSync(backups).filter((name) => !/Z$|^erasures\.ledger$/.test(name))).toEqual([]);
      },
    );
  });

  it('leaves a folder that no service starts on, or a whole one, and a second restore is made', async () => {
    const program = command('restore', join(folder.path, 'backup'));
    await everyCall(
      'restore',
      program,
      () => rmSync(data, { recursive: true, force: true }),
      () => {
        const names = existsSync(data) ? readdirSync(data) : [];
        const isWhole = names.includes('auth.db') && !names.includes('restoring');
        // What says that it did not finish is emptied by hand, as the line of the restore asks for.
        if (!isWhole) {
          if (names.includes('restoring')) requireRefused(program);
          else if (names.some((name) => name.endsWith('.db')))
            throw new Error(`it holds ${names.join(', ')}`);
          rmSync(data, { recursive: true, force: true });
          run(program);
        }
        for (const name of SERVICES) requireWhole(join(data, `${name}.db`));
        expect(readFileSync(keyFile(), 'utf8')).toMatch(/^v1:\S+\n$/);
        expect(readdirSync(data)).not.toContain('restoring');
      },
    );
  });
});

whereTraced('npm run user', { timeout: MINUTE }, () => {
  it('writes no file itself: what auth has committed is whole, whatever becomes of the command', async () => {
    const stack = await Stack.start();
    await EdgeClient.signedUp(stack.url, 'alice');
    for (const args of [
      ['reset', 'alice'],
      ['sessions', 'alice', '--end'],
      ['delete', 'alice'],
    ]) {
      const env = { DATA_DIR: stack.dataDir, NATS_URL: stack.nats.url };
      expect(await callsOf({ args: ['tools/secure-chat.mjs', 'user', ...args], env }, stack.dataDir)).toEqual(
        [],
      );
    }
    const gone = await new EdgeClient(stack.url).call('POST', '/auth/login', {
      username: 'alice',
      password: EdgeClient.password,
    });
    expect(gone.body, 'the commands were carried out').toMatchObject({ code: 'INVALID_CREDENTIALS' });
    await stack.stop();
  });
});

describe.skipIf(!hasStrace() || process.getuid?.() !== 0)(
  'the setup of the containers',
  { timeout: 60 * MINUTE },
  () => {
    it('is finished by a second run, killed, refused or cut off anywhere', async () => {
      const volumes = join(folder.path, 'volumes');
      const program: Traced = { args: ['tools/docker/setup.mjs', 'renew'], env: { VOLUMES: volumes } };
      const again: Traced = { args: ['tools/docker/setup.mjs'], env: { VOLUMES: volumes } };
      const prepare = (): void => {
        rmSync(volumes, { recursive: true, force: true });
        for (const name of ['nats', ...SERVICES]) mkdirSync(join(volumes, name), { recursive: true });
      };
      execFileSync('chmod', ['711', folder.path]);
      const check = async (): Promise<void> => {
        run(again);
        const config = readFileSync(join(volumes, 'nats/nats.conf'), 'utf8');
        for (const name of SERVICES)
          expect(config).toContain(fromSeed(readFileSync(join(volumes, name, 'bus.nk'))).getPublicKey());
        const files = Object.fromEntries(
          Object.entries({ authority: 'authority.pem', certificate: 'server.pem', key: 'server.key' }).map(
            ([part, name]) => [part, join(volumes, 'nats', name)],
          ),
        ) as { authority: string; certificate: string; key: string };
        const before = readFileSync(files.certificate, 'utf8');
        await busCertificates(files, ['nats']);
        expect(readFileSync(files.certificate, 'utf8'), 'key, certificate and authority fit').toBe(before);
      };
      await everyCall('setup', program, prepare, check);
    });
  },
);

whereTraced(
  'the first start of a service, and its start on an earlier installation',
  { timeout: 180 * MINUTE },
  () => {
    let nats: NatsServerUnderTest;
    beforeAll(async () => {
      nats = await NatsServerUnderTest.start();
    });
    afterAll(() => nats.stop());

    const cases = SERVICES.flatMap((service) => ['none', 'killed'].map((state) => [service, state] as const));

    it.each(LONG ? cases : cases.filter(([, state]) => state === 'none'))(
      '%s, killed at each write of a start on %s',
      async (service, state) => {
        const env = {
          DATA_DIR: data,
          NATS_URL: nats.url,
          PORT: String(await freePort()),
          HOST: '127.0.0.1',
        };
        const program: Traced = { args: [`dist/apps/${service}/apps/${service}/src/main.js`], env };
        const prepare = (): void => {
          if (state === 'none') rmSync(data, { recursive: true, force: true });
          else reset(join(folder.path, state));
        };
        const bus = await nats.connect();
        const isUp = async (): Promise<boolean> =>
          service === 'gateway' ||
          (await bareRequest(bus, `${service}.health`, {}).catch(() => ({ data: undefined }))).data !==
            undefined;
        /** Starts it to its end, and stops it. */
        const starts = async (): Promise<void> => {
          const started = new ServiceProcess(service, env);
          started.start();
          try {
            await eventually(
              async () => started.log.includes('"started"') && (await isUp()),
              `${service} starts`,
              3 * MINUTE,
            );
          } catch (error) {
            throw new Error(`it said: ${started.log}`, { cause: error });
          } finally {
            await started.end('SIGKILL');
          }
          requireWhole(join(data, `${service}.db`));
        };
        prepare();
        // A process that has come up waits for ever.
        const until = (output: string): boolean => output.includes('"started"');
        const name = `${service}, started on ${state}`;
        const calls = await callsOf(program, folder.path, until);
        expect(calls.length, 'the start writes').toBeGreaterThan(3);
        for (const call of sampled(calls, SAMPLED)) {
          prepare();
          const { text } = await killedAt(program, call, folder.path, until);
          await starts().catch((error: unknown) => {
            throw new Error(`${service} was killed at ${text}`, { cause: error });
          });
          struck(name, 'kills', text);
        }
        requireStruck(name, 'kills');
        await bus.close();
      },
    );
  },
);
