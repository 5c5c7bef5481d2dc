import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteOptions } from '@app/platform';
import { EdgeClient, eventually } from '@app/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TAP_MARK } from '../../tools/nats/permissions.mjs';
import type { AuditReport } from '../audit/audited-installation.js';
import { migrationsOf } from '../backup/migrations.js';
import type { ComposeProject } from './compose-project.js';
import { WITHOUT_RIGHTS } from './hardening.js';

const MINUTE = 60_000;

/** The metrics port of each service when METRICS_PORT is the gateway's. */
const METRICS = { gateway: 0, auth: 1, chat: 2 } as const;

/**
 * What docs/operations.md tells operators to do with Docker, done.
 * @param project gives the project once it is up, with METRICS_PORT and a BACKUP_DIR of its own
 */
export function describeOperating(project: () => ComposeProject): void {
  it.each(Object.entries(METRICS))('tells metrics of %s within its networks', async (service, offset) => {
    const told = await project().run(
      service,
      `fetch('http://${service}:${Number(project().settings['METRICS_PORT']) + offset}/metrics')
        .then((answer) => answer.text()).then(console.log)`,
    );

    expect(told).toMatch(/^secure_chat_bus_connected\S* 1$/m);
  });

  it('makes a link by which a forgotten password is set anew', async () => {
    const ann = await EdgeClient.signedUp(project().url);
    const [username = '', password] = [ann.user?.username, 'another horse battery'];
    const told = await project().compose('exec', '-T', 'auth', 'secure-chat', 'user', 'reset', username);
    const token = /#(\S+)/.exec(told)?.[1];

    const reset = await ann.call('POST', '/auth/reset', { token, newPassword: password });

    const logIn = (text: string) => ann.call('POST', '/auth/login', { username, password: text });
    expect(reset.status).toBe(200);
    expect((await logIn(password)).status).toBe(200);
    expect((await logIn(EdgeClient.password)).status).toBe(401);
  });

  it(
    'gives the chats a new master key while it runs, whose old one is destroyed',
    async () => {
      const [ann, bob] = await Promise.all([
        EdgeClient.signedUp(project().url),
        EdgeClient.signedUp(project().url),
      ]);
      const { chat, key } = await ann.createChat('to be wrapped anew');
      await ann.send(chat.id, 'sealed before');

      const said = await project().compose('exec', '-T', 'chat', 'secure-chat', 'keys-rotate');
      const file = await project().compose('exec', '-T', 'chat', 'cat', '/keys/master.key');
      await bob.join(key);

      const [, version = ''] = /^The master key has version (\d+)\./m.exec(said) ?? [];
      expect(Number(version)).toBeGreaterThan(1);
      // What is left of the old one is a line that is not there.
      expect(file).toMatch(new RegExp(`^v${version}:\\S+\\n$`));
      expect((await bob.page(chat.id)).messages.map(({ text }) => text)).toEqual(['sealed before']);
    },
    2 * MINUTE,
  );

  describe('the audit', () => {
    // Apart from the runs: what building says would stand before a report.
    beforeAll(async () => {
      await project().compose('--profile', 'audit', 'build', '--quiet', 'audit');
    }, 8 * MINUTE);

    // Nothing else removes the image of a service that does not stay.
    afterAll(async () => {
      await project().docker('image', 'rm', '--force', `${project().name}-audit`);
    });

    it(
      'passes, with the bus tapped and the logs handed over, and leaves no user on the bus',
      async () => {
        const said = await project().shell(
          'while docker compose logs --no-log-prefix --since 10m auth chat gateway nats; do sleep 1; done | docker compose run --rm -T audit --logs - --quick --json',
        );

        const report = JSON.parse(said) as AuditReport;
        expect(report.checks.filter(({ status }) => status !== 'passed').map(({ id }) => id)).toEqual([
          'master key',
        ]);
        expect(report.ok).toBe(true);
        expect(report.checks.find(({ id }) => id === 'logs')?.says).toMatch(/lines of auth, chat, .*nats$/);
        expect(await busConfiguration(project())).not.toContain(TAP_MARK);
      },
      4 * MINUTE,
    );

    it(
      'fails when one that was killed has left its user on the bus, removes it, and says how to hand over the logs',
      async () => {
        const killed = `${project().name}-killed`;
        await project().compose('run', '--detach', '--name', killed, 'audit', '--quick');
        await eventually(
          async () => (await busConfiguration(project())).includes(TAP_MARK),
          'the bus is tapped',
          MINUTE,
        );
        const { Config, HostConfig, Mounts, NetworkSettings } = await project().inspectContainer(killed);
        await project().docker('rm', '--force', killed);

        expect(Config.User).toBe('1000:1000');
        expect(HostConfig).toMatchObject(WITHOUT_RIGHTS);
        // Of the bus networks, which are internal, the one in which the gateway is too.
        expect(Object.keys(NetworkSettings.Networks)).toEqual([`${project().name}_gateway-bus`]);
        const seeds = Mounts.filter(({ Destination }) => Destination.startsWith('/credentials'));
        expect(seeds.map(({ RW }) => RW)).toEqual([false, false, false]);

        const ended = await project()
          .compose('run', '--rm', '-T', 'audit', '--quick', '--json')
          .catch((error: unknown) => error as { code: number; stdout: string });

        expect(ended).toMatchObject({ code: 1 });
        const { checks } = JSON.parse((ended as { stdout: string }).stdout) as AuditReport;
        const having = (status: string): string[] =>
          checks.filter((check) => check.status === status).map(({ id }) => id);
        expect([having('failed'), having('not possible')]).toEqual([['bus left-over'], ['logs']]);
        expect(checks.find(({ id }) => id === 'logs')?.says).toContain('docker compose logs');
        expect(await busConfiguration(project())).not.toContain(TAP_MARK);
      },
      4 * MINUTE,
    );
  });

  it(
    'goes on under new keys and certificates of the bus',
    async () => {
      const ann = await EdgeClient.signedUp(project().url);
      const { chat } = await ann.createChat('before');
      const [serverBefore, seedBefore] = await busSecrets(project());

      await project().compose('run', '--rm', 'setup', 'node', 'tools/docker/setup.mjs', 'renew');
      await project().compose('restart');
      await project().ready();

      const [server, seed] = await busSecrets(project());
      expect(server).not.toBe(serverBefore);
      expect(seed).not.toBe(seedBefore);
      await ann.send(chat.id, 'under new keys');
      expect((await ann.page(chat.id)).messages.map(({ text }) => text)).toEqual(['under new keys']);
    },
    4 * MINUTE,
  );

  it(
    'stands behind a proxy of one’s own: believed, over HTTPS, and open to this machine alone',
    async () => {
      const { PORT } = project().settings;
      const proxied = project().with({
        PUBLIC_ORIGIN: 'https://chat.example.org',
        TRUST_PROXY: 'uniquelocal',
      });
      await proxied.compose('up', '--no-build', '--detach', '--wait');

      const page = await fetch(project().url);
      const [bound] = Object.values((await proxied.inspect('gateway')).HostConfig.PortBindings ?? {});

      expect(page.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
      expect(bound).toEqual([{ HostIp: '127.0.0.1', HostPort: PORT }]);
    },
    4 * MINUTE,
  );

  it(
    'comes back from a backup into fresh volumes, without what was deleted since',
    async () => {
      const ann = await EdgeClient.signedUp(project().url);
      const kept = await ann.createChat('to be kept');
      const deleted = await ann.createChat('to be deleted');
      await ann.send(kept.chat.id, 'kept');
      await ann.send(deleted.chat.id, 'deleted');
      await project().compose('run', '--rm', 'backup');
      const [name = ''] = readdirSync(project().settings['BACKUP_DIR'] ?? '');
      await ann.call('DELETE', `/chats/${deleted.chat.id}`);
      await project().compose('run', '--rm', 'backup');
      await project().compose('down', '--volumes', '--timeout', '10');

      await project().compose('run', '--rm', 'restore', name);
      await project().up('--no-build');

      // A restore ends sessions: one that was ended since the backup would be valid again.
      await ann.call('POST', '/auth/login', { username: ann.user?.username, password: EdgeClient.password });
      expect((await ann.page(kept.chat.id)).messages.map(({ text }) => text)).toEqual(['kept']);
      expect((await ann.call('GET', `/chats/${deleted.chat.id}`)).status).toBe(404);
    },
    4 * MINUTE,
  );

  it(
    'comes up anew after an upgrade from the previous migration, with the people, messages and keys of before',
    async () => {
      const ann = await EdgeClient.signedUp(project().url);
      const { chat } = await ann.createChat('before the upgrade');
      await ann.send(chat.id, 'written before');
      await project().compose('stop', '--timeout', '10');
      await asBeforeTheLastMigration(project());
      await project().compose('down');

      await project().up('--no-build');

      expect((await ann.page(chat.id)).messages.map(({ text }) => text)).toEqual(['written before']);
      const again = { username: ann.user?.username, password: EdgeClient.password };
      expect((await ann.call('POST', '/auth/login', again)).status).toBe(200);
    },
    4 * MINUTE,
  );
}

/** What the bus server is configured by. */
const busConfiguration = (project: ComposeProject): Promise<string> =>
  project.compose('exec', '-T', 'nats', 'cat', '/config/nats.conf');

/** The bus server's certificate and the gateway's seed, as digests. */
async function busSecrets(project: ComposeProject): Promise<[server: string, seed: string]> {
  const digest = async (service: string, file: string): Promise<string> =>
    (await project.compose('exec', '-T', service, 'sha256sum', file)).split(' ')[0] ?? '';
  return [await digest('nats', '/config/server.pem'), await digest('gateway', '/credentials/bus.nk')];
}

/** Brings the database of auth, which is stopped, back to what an earlier version has left. */
async function asBeforeTheLastMigration(project: ComposeProject): Promise<void> {
  const name = 'auth-before.db';
  const file = join(project.settings['BACKUP_DIR'] ?? '', name);
  await project.docker('cp', `${await project.container('auth')}:/data/auth.db`, file);
  const migrations = await migrationsOf('auth');
  const source = await new DataSource(sqliteOptions(file, { entities: [], migrations })).initialize();
  await source.undoLastMigration();
  await source.destroy();
  chmodSync(file, 0o644);
  // By a container that has both: what docker itself copies into one would belong to root.
  const copy = `require('node:fs').copyFileSync('/backups/${name}', '/stores/auth/auth.db')`;
  await project.compose('run', '--rm', '--user', '1000:1000', '--entrypoint', 'node', 'backup', '-e', copy);
}
