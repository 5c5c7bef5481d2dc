import { randomUUID } from 'node:crypto';
import { EdgeClient, eventually, freePort, temporaryFolder } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComposeProject, engineAnswers } from './compose-project.js';
import { describeHardening } from './hardening.js';
import { describeOperating } from './operating.js';
import { describeHttps } from './over-https.js';

const CONTAINERS = ['nats', 'auth', 'chat', 'gateway'] as const;
const MINUTE = 60_000;

describe.skipIf(!engineAnswers())('docker compose up', () => {
  let project: ComposeProject;
  let behindCaddy: ComposeProject;
  const backups = temporaryFolder();

  beforeAll(async () => {
    const [plain, http, https] = [await freePort(), await freePort(), await freePort()].map(String);
    project = new ComposeProject({
      PORT: plain ?? '',
      MESSAGE_RATE_LIMIT: '0',
      AUTH_RATE_LIMIT: '0',
      API_RATE_LIMIT: '0',
      METRICS_PORT: '9464',
      BACKUP_DIR: backups.path,
    });
    behindCaddy = project.with({
      COMPOSE_PROFILES: 'https',
      DOMAIN: 'localhost',
      PUBLIC_ORIGIN: `https://localhost:${https}`,
      HTTP_PORT: http ?? '',
      HTTPS_PORT: https ?? '',
      AUTH_RATE_LIMIT: '5',
    });
    await project.up('--build');
  }, 12 * MINUTE);

  afterAll(async () => {
    await behindCaddy.down();
    backups.remove();
  }, 2 * MINUTE);

  it(
    'holds a conversation over HTTP and Socket.IO while each container dies and comes back by itself',
    async () => {
      const [ann, bob] = await Promise.all([
        EdgeClient.signedUp(project.url),
        EdgeClient.signedUp(project.url),
      ]);
      const { chat, key } = await ann.createChat('in containers');
      await bob.join(key);
      const texts: string[] = [];

      for (const service of CONTAINERS) {
        const before = await behindCaddy.inspect(service);
        const text = `while ${service} is away`;
        await project.die(service);
        // A client asks again under the same id until it is told that the message is there.
        const clientMessageId = randomUUID();
        await eventually(() => ann.send(chat.id, text, clientMessageId), `${text} is taken`, MINUTE);
        texts.push(text);
        await project.ready();
        const after = await behindCaddy.inspect(service);
        expect([after.Id, after.RestartCount]).toEqual([before.Id, before.RestartCount + 1]);
      }
      const reader = await ann.connect();
      const socket = await bob.connect();
      const last = { chatId: chat.id, clientMessageId: randomUUID(), text: 'after all of them' };
      const ack = await socket.ask('message:send', last);

      expect(ack['ok']).toBe(true);
      const heard = await eventually(() => reader.of('message:new')[0], 'the other one hears it');
      expect(JSON.stringify(heard)).toContain(last.text);
      const { messages } = await ann.page(chat.id);
      expect(messages.map(({ text }) => text)).toEqual([...texts, last.text]);
      ann.close();
      bob.close();
    },
    4 * MINUTE,
  );

  it('serves the client', async () => {
    const page = await new EdgeClient(project.url).request('GET', '/', undefined, { accept: 'text/html' });

    expect(page.status).toBe(200);
    expect(page.body['text']).toContain('<app-root');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  describeHardening(CONTAINERS, () => behindCaddy);

  it('says that a service is unwell when it does not answer', async () => {
    const id = await project.container('auth');
    const check = (): Promise<string> => project.docker('exec', id, 'node', 'tools/docker/alive.mjs', 'auth');
    await check();

    await project.docker('kill', '--signal', 'STOP', id);
    await expect(check()).rejects.toThrow();

    await project.docker('kill', '--signal', 'CONT', id);
    await eventually(() => check().then(() => true), 'auth is well again');
  });

  it('says what each container weighs', async () => {
    const weights: string[] = [];
    for (const service of CONTAINERS) {
      const id = await project.container(service);
      const image = (await project.docker('inspect', '--format', '{{.Image}}', id)).trim();
      const bytes = Number(await project.docker('image', 'inspect', '--format', '{{.Size}}', image));
      const memory = (await project.docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id)).trim();
      weights.push(`${service}: image ${Math.round(bytes / 1024 / 1024)} MiB, memory ${memory}`);
    }

    console.log(weights.join('\n'));
    expect(weights).toHaveLength(4);
  });

  describeOperating(() => project);

  describeHttps(() => behindCaddy);

  it(
    'leaves nothing when it is taken down with its volumes',
    async () => {
      await behindCaddy.down();

      const filter = ['--filter', `label=com.docker.compose.project=${project.name}`];
      expect(await project.docker('ps', '-aq', ...filter)).toBe('');
      expect(await project.docker('volume', 'ls', '-q', ...filter)).toBe('');
      expect(await project.docker('network', 'ls', '-q', ...filter)).toBe('');
      expect(await project.docker('images', '-q', `${project.name}-*`)).toBe('');
    },
    2 * MINUTE,
  );
});
