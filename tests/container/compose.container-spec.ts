import { execFile, execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { EdgeClient, eventually, freePort } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const PROJECT = `secure-chat-test-${process.pid}`;
const CONTAINERS = ['nats', 'auth', 'chat', 'gateway'] as const;
const MINUTES = 60_000;

let port: number;
let url: string;

/** Runs docker and gives its output. */
async function docker(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('docker', args, {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), MESSAGE_RATE_LIMIT: '0', AUTH_RATE_LIMIT: '0' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

const compose = (...args: string[]): Promise<string> => docker('compose', '-p', PROJECT, ...args);

async function container(service: string): Promise<string> {
  return (await compose('ps', '-q', service)).trim();
}

async function ready(): Promise<void> {
  await eventually(
    async () => (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) })).status === 200,
    'the product is ready',
    1 * MINUTES,
  );
}

beforeAll(async () => {
  // Without an engine this tier says so by failing: skipped would not be passed.
  execFileSync('docker', ['version'], { stdio: 'ignore' });
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await compose('up', '--build', '--detach', '--wait', '--quiet-pull');
  await ready();
}, 12 * MINUTES);

const down = (): Promise<string> => compose('down', '--volumes', '--remove-orphans', '--timeout', '5');

afterAll(down, 2 * MINUTES);

describe('docker compose up', () => {
  it(
    'holds a conversation over HTTP and Socket.IO while each container is killed and comes back',
    async () => {
      const [ann, bob] = await Promise.all([EdgeClient.signedUp(url), EdgeClient.signedUp(url)]);
      const { chat, key } = await ann.createChat('in containers');
      await bob.join(key);
      const texts: string[] = [];

      for (const service of CONTAINERS) {
        const text = `before ${service}`;
        await ann.send(chat.id, text);
        texts.push(text);
        await docker('kill', '--signal', 'KILL', await container(service));
        // An engine starts again what died, not what was killed by hand through it.
        await docker(
          'start',
          await container(service).then(async (id) => id || (await compose('ps', '-aq', service)).trim()),
        );
        await ready();
      }
      const socket = await bob.connect();
      const ack = await socket.ask('message:send', {
        chatId: chat.id,
        clientMessageId: crypto.randomUUID(),
        text: 'after all of them',
      });

      expect(ack['ok']).toBe(true);
      expect((await ann.page(chat.id)).messages.map(({ text }) => text)).toEqual([
        ...texts,
        'after all of them',
      ]);
      bob.close();
    },
    4 * MINUTES,
  );

  it('serves the client', async () => {
    const page = await new EdgeClient(url).request('GET', '/', undefined, { accept: 'text/html' });

    expect(page.status).toBe(200);
    expect(page.body['text']).toContain('<app-root');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it.each(CONTAINERS)('runs %s without rights it does not need', async (service) => {
    const [inspected] = JSON.parse(await docker('inspect', await container(service))) as {
      Config: { User: string };
      HostConfig: {
        ReadonlyRootfs: boolean;
        CapDrop: string[];
        CapAdd: string[] | null;
        SecurityOpt: string[];
        Memory: number;
        PidsLimit: number;
        PortBindings: Record<string, unknown>;
        RestartPolicy: { Name: string };
      };
      Mounts: { Destination: string; RW: boolean }[];
    }[];

    expect(inspected?.Config.User).toBe('1000:1000');
    expect(inspected?.HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: null,
      SecurityOpt: ['no-new-privileges:true'],
      RestartPolicy: { Name: 'unless-stopped' },
    });
    expect(inspected?.HostConfig.Memory).toBeGreaterThan(0);
    expect(inspected?.HostConfig.PidsLimit).toBeGreaterThan(0);
    expect(Object.keys(inspected?.HostConfig.PortBindings ?? {})).toEqual(
      service === 'gateway' ? ['5000/tcp'] : [],
    );
    const secrets =
      inspected?.Mounts.filter(({ Destination }) => /config|credentials/.test(Destination)) ?? [];
    expect(secrets.every(({ RW }) => !RW)).toBe(true);
  });

  it('keeps its secrets out of the images’ and processes’ reach', async () => {
    for (const service of ['auth', 'chat', 'gateway']) {
      const environment = await compose('exec', '-T', service, 'env');
      expect(environment).not.toMatch(/\bSU[A-Z2-7]{56}\b/);
      const modes = await compose(
        'exec',
        '-T',
        service,
        'sh',
        '-c',
        'stat -c %a /data /credentials /credentials/bus.nk',
      );
      expect(modes.trim().split('\n')).toEqual(['700', '700', '400']);
    }
    expect((await compose('exec', '-T', 'chat', 'stat', '-c', '%a', '/keys/master.key')).trim()).toBe('600');
  });

  it('says what each container weighs', async () => {
    const weights: string[] = [];
    for (const service of CONTAINERS) {
      const id = await container(service);
      const image = (await docker('inspect', '--format', '{{.Image}}', id)).trim();
      const bytes = Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
      const memory = (await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id)).trim();
      weights.push(`${service}: image ${Math.round(bytes / 1024 / 1024)} MiB, memory ${memory}`);
    }

    console.log(weights.join('\n'));
    expect(weights).toHaveLength(4);
  });

  it(
    'leaves nothing when it is taken down with its volumes',
    async () => {
      await down();

      const filter = ['--filter', `label=com.docker.compose.project=${PROJECT}`];
      expect(await docker('ps', '-aq', ...filter)).toBe('');
      expect(await docker('volume', 'ls', '-q', ...filter)).toBe('');
      expect(await docker('network', 'ls', '-q', ...filter)).toBe('');
    },
    2 * MINUTES,
  );
});
