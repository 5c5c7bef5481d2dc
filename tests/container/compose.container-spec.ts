import { randomUUID } from 'node:crypto';
import { EdgeClient, eventually, freePort } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComposeProject, engineAnswers } from './compose-project.js';
import { HttpsVisitor } from './over-https.js';

const CONTAINERS = ['nats', 'auth', 'chat', 'gateway'] as const;
const MINUTE = 60_000;

/** What `docker inspect` says of a container, as far as it matters here. */
interface Inspected {
  readonly Id: string;
  readonly RestartCount: number;
  readonly Config: { readonly User: string };
  readonly HostConfig: Readonly<Record<string, unknown>> & {
    readonly Memory: number;
    readonly PidsLimit: number;
    readonly PortBindings: Readonly<Record<string, unknown>> | null;
  };
  readonly Mounts: readonly { readonly Destination: string; readonly Name?: string; readonly RW: boolean }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> };
}

describe.skipIf(!engineAnswers())('docker compose up', () => {
  let project: ComposeProject;
  let behindCaddy: ComposeProject;

  async function inspect(service: string): Promise<Inspected> {
    // The project that has Caddy too knows the containers of both.
    const [found] = JSON.parse(
      await project.docker('inspect', await behindCaddy.container(service)),
    ) as Inspected[];
    if (!found) throw new Error(`${service} has no container`);
    return found;
  }

  beforeAll(async () => {
    const [plain, http, https] = [await freePort(), await freePort(), await freePort()].map(String);
    project = new ComposeProject({ PORT: plain ?? '', MESSAGE_RATE_LIMIT: '0', AUTH_RATE_LIMIT: '0' });
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

  afterAll(() => behindCaddy.down(), 2 * MINUTE);

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
        const before = await inspect(service);
        const text = `while ${service} is away`;
        await project.die(service);
        // A client asks again under the same id until it is told that the message is there.
        const clientMessageId = randomUUID();
        await eventually(() => ann.send(chat.id, text, clientMessageId), `${text} is taken`, MINUTE);
        texts.push(text);
        await project.ready();
        const after = await inspect(service);
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

  it.each(CONTAINERS)('runs %s without rights it does not need', async (service) => {
    const { Config, HostConfig, Mounts } = await inspect(service);

    expect(Config.User).toBe('1000:1000');
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: null,
      SecurityOpt: ['no-new-privileges:true'],
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    });
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(Object.keys(HostConfig.PortBindings ?? {})).toEqual(service === 'gateway' ? ['5000/tcp'] : []);
    const secrets = Mounts.filter(({ Destination }) => /config|credentials/.test(Destination));
    expect(secrets.map(({ RW }) => RW)).toEqual([false]);
  });

  it('gives each service its own volumes and a network that it shares with the bus alone', async () => {
    const services = await Promise.all(['auth', 'chat', 'gateway'].map(inspect));
    const volumes = services.flatMap(({ Mounts }) => Mounts.flatMap(({ Name }) => Name ?? []));
    const networks = services.flatMap(({ NetworkSettings }) => Object.keys(NetworkSettings.Networks));
    const internal = await Promise.all(
      networks.map((name) => project.docker('network', 'inspect', '-f', '{{.Internal}}', name)),
    );

    expect(volumes).toHaveLength(7);
    expect(new Set(volumes).size).toBe(volumes.length);
    expect(new Set(networks).size).toBe(networks.length);
    expect(networks.filter((_, index) => internal[index]?.trim() !== 'true')).toEqual([
      `${project.name}_edge`,
    ]);
  });

  it('keeps its secrets out of the environment, and in files that only their service can read', async () => {
    for (const service of ['auth', 'chat', 'gateway']) {
      expect(await project.compose('exec', '-T', service, 'env')).not.toMatch(/\bSU[A-Z2-7]{56}\b/);
      const paths = ['/data', '/credentials', '/credentials/bus.nk'];
      const modes = await project.compose('exec', '-T', service, 'stat', '-c', '%a', ...paths);
      expect(modes.trim().split('\n')).toEqual(['700', '700', '400']);
    }
    const mode = await project.compose('exec', '-T', 'chat', 'stat', '-c', '%a', '/keys/master.key');
    expect(mode.trim()).toBe('600');
  });

  it('lets the services see nothing of the bus but its port', async () => {
    const knock = (at: number): Promise<string> =>
      project.run(
        'chat',
        `require('node:net').connect(${at}, 'nats').on('connect', () => process.exit(0)).on('error', () => process.exit(9))`,
      );

    await knock(4222);
    await expect(knock(8222)).rejects.toMatchObject({ code: 9 });
  });

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

  it(
    'comes up a second time with the people, messages and keys of the first',
    async () => {
      const ann = await EdgeClient.signedUp(project.url);
      const { chat } = await ann.createChat('to be kept');
      await ann.send(chat.id, 'kept');
      await project.compose('down', '--timeout', '10');

      await project.up('--no-build');

      expect((await ann.page(chat.id)).messages.map(({ text }) => text)).toEqual(['kept']);
    },
    2 * MINUTE,
  );

  describe('with the profile https', () => {
    let authority: string;

    beforeAll(async () => {
      await behindCaddy.up('--no-build');
      const path = '/certificates/caddy/pki/authorities/local/root.crt';
      authority = await eventually(
        () => behindCaddy.compose('exec', '-T', 'caddy', 'cat', path),
        'Caddy has its authority',
      );
    }, 3 * MINUTE);

    it('chats over HTTPS, under cookies that go over HTTPS alone', async () => {
      const visitor = new HttpsVisitor(behindCaddy.origin, authority);
      const signedUp = await visitor.signUp();
      const made = await visitor.call('/chats', {});
      const ack = await visitor.say((made.body['chat'] as { id: string }).id, 'over HTTPS');
      visitor.close();

      expect([signedUp.status, made.status, ack.ok]).toEqual([201, 201, true]);
      expect(signedUp.cookies.length).toBeGreaterThan(0);
      for (const cookie of signedUp.cookies) expect(cookie).toMatch(/^__Host-.*; Secure/i);
    });

    it('counts the tries of each address by itself, whatever a client says of its address', async () => {
      // From within the gateway's container, by way of Caddy: an address other than this test's.
      const tries = await behindCaddy.run(
        'gateway',
        `process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
        const { request } = require('node:https');
        const one = (n) => new Promise((done, failed) => {
          request({ host: 'caddy', servername: 'localhost', path: '/api/v1/auth/login', method: 'POST', agent: false,
            headers: { host: 'localhost', 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.' + n } },
            (answer) => done(answer.resume().statusCode)).on('error', failed)
            .end(JSON.stringify({ username: 'nobody-' + n, password: 'correct horse battery' }));
        });
        (async () => { const all = []; for (let n = 1; n <= 7; n++) all.push(await one(n)); console.log(JSON.stringify(all)); })();`,
      );
      const visitor = new HttpsVisitor(behindCaddy.origin, authority);

      expect(JSON.parse(tries.trim().split('\n').at(-1) ?? '')).toEqual([401, 401, 401, 401, 401, 429, 429]);
      expect((await visitor.signUp()).status).toBe(201);
    });

    it('publishes plain HTTP to this machine alone', async () => {
      const [bound] = Object.values((await inspect('gateway')).HostConfig.PortBindings ?? {}) as {
        HostIp: string;
      }[][];

      expect(bound?.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1']);
      expect((await inspect('caddy')).HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        CapAdd: ['NET_BIND_SERVICE'],
        SecurityOpt: ['no-new-privileges:true'],
      });
    });
  });

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
