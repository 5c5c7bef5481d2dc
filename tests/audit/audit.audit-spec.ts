import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, temporaryFolder } from '@app/testing';
import { BusConfiguration } from '../../tools/cli/audit/bus/bus-configuration.js';
import { TAP_MARK } from '../../tools/nats/permissions.mjs';
import { AuditedInstallation, failed } from './audited-installation.js';
import { BROKEN_INSTALLATIONS } from './broken-installations.js';
import { FaultyEdge } from './faulty-edge.js';

const installation = new AuditedInstallation();
const edge = new FaultyEdge(() => `http://127.0.0.1:${installation.port}`);

beforeAll(async () => {
  await installation.start();
  await edge.start();
});
afterAll(async () => {
  edge.stop();
  await installation.stop();
});

describe('npm run audit', () => {
  it('passes for an installation that npm start set up, and leaves no data behind', async () => {
    const { code, report, progress } = await installation.audit(installation.port, []);

    const others = report.checks.filter(({ status }) => status !== 'passed');
    expect(others, JSON.stringify(others)).toMatchObject([{ id: 'master key' }]);
    expect(code).toBe(0);
    expect(report.seconds).toBeLessThan(60);
    expect(progress).toContain('planting canaries');
    expect(installation.inStore('auth', (db) => db.prepare('SELECT * FROM users').all())).toEqual([]);
    expect(installation.inStore('chat', (db) => db.prepare('SELECT * FROM chats').all())).toEqual([]);
    expect(new BusConfiguration(installation.dataDir).text()).not.toContain(TAP_MARK);
  });

  it('reports the bus checks as not possible when NATS_URL names another server', async () => {
    const { code, report } = await installation.audit(installation.port, ['--quick'], {
      NATS_URL: 'nats://127.0.0.1:4222',
    });

    const ofBus = report.checks.filter(({ id }) => id.startsWith('bus'));
    expect(ofBus.map(({ status }) => status)).toEqual(['not possible', 'not possible', 'not possible']);
    expect(code).toBe(0);
  });

  it('fails once after a killed audit, whose left-over bus user it removes', async () => {
    const killed = installation.auditProcess(installation.port, ['--quick']);
    const configuration = new BusConfiguration(installation.dataDir);
    await eventually(
      () => configuration.text()?.includes(TAP_MARK),
      'the audit has added its bus user',
      30_000,
    );
    killed.kill('SIGKILL');
    await once(killed, 'exit');

    const { code, report } = await installation.audit();

    expect(failed(report)).toEqual(['bus left-over']);
    expect(code).toBe(1);
    expect(configuration.text()).not.toContain(TAP_MARK);
  });
});

describe('npm run audit -- --logs -', () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'gateway.log');
  afterAll(() => folder.remove());

  it('reads the log from the pipe until the end of the audit, and fails when it contains a message text', async () => {
    writeFileSync(file, '');
    edge.fault = {
      after: ({ path, body }) => {
        if (path.endsWith('/messages'))
          appendFileSync(file, `${JSON.stringify({ service: 'gateway', body })}\n`);
      },
    };
    try {
      const { code, report } = await installation.auditPipedLogs(edge.port, file);

      const logs = report.checks.filter(({ status }) => status === 'failed');
      expect(logs).toMatchObject([{ id: 'logs', findings: ['message text in what was handed over'] }]);
      expect(code).toBe(1);
    } finally {
      edge.fault = {};
    }
  });
});

describe('npm run audit of a broken installation', () => {
  it.each(BROKEN_INSTALLATIONS)(
    'fails only the check "$check" when $what',
    async ({ check, arrange, fault, cleanUp }) => {
      const repair = await arrange?.(installation);
      edge.fault = fault?.(installation) ?? {};
      try {
        const { code, report } = await installation.audit(edge.port);

        expect(
          failed(report),
          JSON.stringify(report.checks.filter(({ status }) => status === 'failed')),
        ).toEqual([check]);
        expect(code).toBe(1);
      } finally {
        edge.fault = {};
        repair?.();
        cleanUp?.(installation);
      }
    },
  );

  it('passes again after all repairs', async () => {
    const { report } = await installation.audit(edge.port);

    expect(failed(report)).toEqual([]);
  });
});
