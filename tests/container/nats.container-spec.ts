import { readSettings } from '@app/platform';
import { bareRequest, temporaryFolder } from '@app/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTH_SETTINGS } from '../../apps/auth/src/config.js';
import { startAuth } from '../../apps/auth/src/start.js';
import { engineAnswers } from './compose-project.js';

describe.skipIf(!engineAnswers())('auth on the NATS image', () => {
  const folder = temporaryFolder();
  let nats: StartedTestContainer | undefined;
  let bus: NatsConnection | undefined;
  let app: INestMicroservice | undefined;
  let url: string;

  beforeAll(async () => {
    nats = await new GenericContainer('nats:2.12-alpine')
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .start();
    url = `nats://${nats.getHost()}:${nats.getMappedPort(4222)}`;
    const settings = readSettings(AUTH_SETTINGS, {
      DATA_DIR: folder.path,
      NATS_URL: url,
      LOG_LEVEL: 'silent',
    });
    ({ app } = await startAuth(settings));
  }, 120_000);

  afterAll(async () => {
    await bus?.close();
    await app?.close();
    await nats?.stop();
    folder.remove();
  }, 60_000);

  it('answers a bare client', async () => {
    bus = await connect({ servers: url });
    const account = { username: 'in-a-container', password: 'correct horse battery staple' };

    const made = await bareRequest(bus, 'auth.register', account);
    const taken = await bareRequest(bus, 'auth.register', account);

    expect(made.data).toMatchObject({ user: { username: 'in-a-container' } });
    expect(taken.error?.code).toBe('USERNAME_TAKEN');
  }, 60_000);
});
