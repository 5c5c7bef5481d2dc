import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteOptions } from '@app/platform';
import { temporaryFolder } from '@app/testing';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeBackup } from '../../tools/cli/backup/make-backup.js';
import { takeDataFolder } from '../../tools/instance-lock.mjs';
import { restoreBackup } from '../../tools/cli/restore/restore-backup.js';
import { migrationsOf, STORES } from './migrations.js';

/** Returns an installation with all parts in one folder. */
const installationIn = (folder: string): Parameters<typeof makeBackup>[0] => ({
  folders: { auth: folder, chat: folder, gateway: folder },
  masterKeyFile: join(folder, 'master.key'),
  ledgers: [join(folder, 'erasures.ledger')],
});

describe('restore', { timeout: 2 * 60_000 }, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let backup: string;
  let dataDir: string;
  const umask = process.umask();

  beforeEach(async () => {
    folder = temporaryFolder();
    const source = join(folder.path, 'source');
    mkdirSync(source);
    for (const store of STORES) {
      const options = sqliteOptions(join(source, `${store}.db`), {
        entities: [],
        migrations: await migrationsOf(store),
      });
      await (await new DataSource(options).initialize()).destroy();
    }
    writeFileSync(join(source, 'master.key'), 'v1:a key\n');
    await makeBackup(installationIn(source), join(folder.path, 'backups'));
    const [name = ''] = readdirSync(join(folder.path, 'backups')).filter((entry) => entry.endsWith('Z'));
    backup = join(folder.path, 'backups', name);
    dataDir = join(folder.path, 'data');
  });
  afterEach(() => {
    process.umask(umask);
    folder.remove();
  });

  const restore = (dir = backup): Promise<string> => restoreBackup(installationIn(dataDir), { dir });

  /** Expects an error of one line that matches, and an unchanged folder. */
  async function expectRefusal(line: RegExp): Promise<void> {
    const before = readdirSync(folder.path, { recursive: true });
    const error: unknown = await restore().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'Unfit', message: expect.stringMatching(line) as string });
    expect((error as Error).message).not.toContain('\n');
    expect(readdirSync(folder.path, { recursive: true })).toEqual(before);
  }

  it('accepts an empty folder, a missing one, and one with only a ledger', async () => {
    mkdirSync(dataDir);
    appendFileSync(join(dataDir, 'erasures.ledger'), '2026-01-01T00:00:00.000Z known\n');

    await expect(restore()).resolves.toContain('Restored the backup of');

    rmSync(dataDir, { recursive: true });
    await expect(restore(join(backup, '..'))).resolves.toContain('Restored the backup of');
  });

  it('refuses a folder that is not empty, also one with the same backup', async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'something'), '');
    await expectRefusal(/^DATA_DIR is not empty/);

    rmSync(join(dataDir, 'something'));
    await restore();
    await expectRefusal(/^DATA_DIR is not empty/);
  });

  it('refuses the folder of an interrupted restore', async () => {
    mkdirSync(join(dataDir, 'restoring'), { recursive: true });

    await expectRefusal(/^DATA_DIR holds a restore that did not finish/);
  });

  it('refuses the folder of a running instance', async () => {
    // Looks like a process of tools/start.mjs.
    const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', 'start.mjs']);
    await once(running, 'spawn');
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'running.pid'), String(running.pid));

    expect(() => takeDataFolder(dataDir, /(start|restore)\.mjs/)).toThrow(
      /^DATA_DIR is in use by another Secure Chat/,
    );

    running.kill();
    await once(running, 'exit');
  });

  it.each(['messages/gateway.db', 'keys/chat.db', 'accounts/auth.db', 'master-key/master.key'])(
    'refuses a backup with a changed %s, and one without it',
    async (part) => {
      const bytes = readFileSync(join(backup, part));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 2) ^ 1, bytes.length - 2);
      writeFileSync(join(backup, part), bytes);
      await expectRefusal(/^the backup is damaged, its checksum does not fit: /);

      rmSync(join(backup, part));
      await expectRefusal(/^the backup is not whole: .* is missing/);
    },
  );

  it('refuses a backup without a manifest, or with a damaged one', async () => {
    const manifest = join(backup, 'manifest.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.slice(0, -20));
    await expectRefusal(/^the backup is damaged, its manifest cannot be read/);

    writeFileSync(manifest, '{"format":1,"files":[]}');
    await expectRefusal(/^the backup is damaged, its manifest is not whole/);

    rmSync(manifest);
    await expectRefusal(/^there is no whole backup in /);
  });

  it('refuses a backup with a newer layout or schema than this version', async () => {
    const manifest = join(backup, 'manifest.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace('"format": 1', '"format": 2'));
    await expectRefusal(/^the backup was made by a newer version of Secure Chat/);

    writeFileSync(manifest, text.replace(/KeepMessageTtl\d+/, 'CreateMore9999999999999'));
    await expectRefusal(/^the backup was made by a newer version of Secure Chat \(chat\.db\)/);
  });

  it('refuses to replace another master key', async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'master.key'), 'v1:another key\n');

    await expectRefusal(/^MASTER_KEY_FILE is there already and is another one/);
  });

  it('refuses a missing ledger', async () => {
    await expect(
      restoreBackup(installationIn(dataDir), { dir: backup, ledger: join(folder.path, 'none') }),
    ).rejects.toThrow('there is no ledger');
  });

  it('keeps the entries of all ledgers for later backups', async () => {
    const line = (digit: string): string => `2026-01-0${digit}T00:00:00.000Z chat ${digit.repeat(64)}\n`;
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'erasures.ledger'), line('1') + line('2').slice(0, 50));
    writeFileSync(join(backup, '..', 'erasures.ledger'), `${line('3')}2026-01-05T00:00:00.000Z known\n`);
    const copy = join(folder.path, 'given');
    cpSync(join(backup, '..', 'erasures.ledger'), copy);
    appendFileSync(copy, line('6'));

    const says = await restoreBackup(installationIn(dataDir), { dir: backup, ledger: copy });

    const kept = readFileSync(join(dataDir, 'erasures.ledger'), 'utf8').split('\n');
    for (const digit of ['1', '3', '6']) expect(kept).toContain(line(digit).trimEnd());
    expect(says).toContain('Deletions are known up to ');
  });
});

describe('backup', () => {
  it('refuses an empty installation with one line', async () => {
    const folder = temporaryFolder();

    await expect(makeBackup(installationIn(folder.path), join(folder.path, 'backups'))).rejects.toThrow(
      /^there is nothing to back up: .*gateway\.db is missing$/,
    );
    folder.remove();
  });
});
