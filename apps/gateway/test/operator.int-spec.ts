import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  EdgeClient,
  eventually,
  freePort,
  NatsServerUnderTest,
  ServiceProcess,
  temporaryFolder,
} from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsInstallation } from '../../../tools/nats/installation.mjs';
import { SERVICES } from '../../../tools/nats/permissions.mjs';

const ROOT = resolve(import.meta.dirname, '../../..');
const { password } = EdgeClient;
const NEW_PASSWORD = 'another fine one';

/** An installation as `npm start` sets it up, with NATS users and permissions. */
class Installation {
  readonly folder = temporaryFolder();
  readonly dataDir = join(this.folder.path, 'data');
  readonly services: ServiceProcess[] = [];
  private nats: NatsServerUnderTest | undefined;
  url = '';
  port = '';

  async start(): Promise<void> {
    const natsPort = await freePort();
    const bus = await natsInstallation(join(this.dataDir, 'nats'), { host: '127.0.0.1', port: natsPort });
    this.nats = await NatsServerUnderTest.start(['-c', bus.config], natsPort);
    this.port = String(await freePort());
    this.url = `http://127.0.0.1:${this.port}`;
    for (const name of SERVICES)
      this.services.push(
        new ServiceProcess(name, {
          DATA_DIR: this.dataDir,
          NATS_URL: this.nats.url,
          NATS_CREDS_FILE: bus.seeds[name],
          PORT: this.port,
          HOST: '127.0.0.1',
          LOG_LEVEL: 'trace',
          AUTH_RATE_LIMIT: '30',
        }),
      );
    for (const service of this.services) service.start();
    await eventually(
      async () => (await fetch(`${this.url}/health/ready`)).ok,
      'the product is ready',
      120_000,
    );
  }

  get log(): string {
    return this.services.map(({ log }) => log).join('\n');
  }

  async stop(): Promise<void> {
    for (const service of this.services) await service.end('SIGKILL');
    await this.nats?.kill();
    this.folder.remove();
  }

  /** Runs `npm run user`. */
  async user(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, DATA_DIR: this.dataDir, PORT: this.port };
    try {
      const done = await promisify(execFile)(process.execPath, ['tools/secure-chat.mjs', 'user', ...args], {
        cwd: ROOT,
        env,
      });
      return { code: 0, out: done.stdout, err: done.stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  }
}

const installation = new Installation();
beforeAll(() => installation.start(), 60_000);
afterAll(() => installation.stop());

const someone = (): Promise<EdgeClient> => EdgeClient.signedUp(installation.url);
const nameOf = ({ user }: EdgeClient): string => user?.username ?? '';
const logIn = (client: EdgeClient, username: string, word: string): Promise<{ status: number }> =>
  client.call('POST', '/auth/login', { username, password: word });

describe('npm run user -- reset NAME', () => {
  it('prints a link whose token sets a new password once, ends every session and closes its sockets within a second', async () => {
    const owner = await someone();
    const socket = await owner.connect();

    const { code, out } = await installation.user('reset', nameOf(owner).toUpperCase());
    const [, token = ''] = /^http:\/\/localhost:\d+\/reset#([A-Za-z0-9_-]{43})\n$/.exec(out) ?? [];
    const browser = new EdgeClient(installation.url);
    const answer = await browser.call('POST', '/auth/reset', { token, newPassword: NEW_PASSWORD });
    await EdgeClient.disconnected(socket, 1_000);
    const again = await browser.call('POST', '/auth/reset', { token, newPassword: NEW_PASSWORD });

    expect(code).toBe(0);
    expect(answer).toMatchObject({ status: 200, body: { user: owner.user } });
    expect(answer.headers.get('ratelimit')).toMatch(/^"reset";r=\d+;t=\d+$/);
    expect(browser.token).toBeUndefined();
    expect(socket.of('session:ended')).toEqual([{ reason: 'password-changed' }]);
    expect((await owner.call('GET', '/auth/me')).status).toBe(401);
    expect(again).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await logIn(browser, nameOf(owner), password)).status).toBe(401);
    expect((await logIn(browser, nameOf(owner), NEW_PASSWORD)).status).toBe(200);
    const { body } = await browser.call('GET', '/auth/activity');
    const events = body['events'] as { type: string; detail: string }[];
    expect(events.map(({ type }) => type)).toEqual([
      'logged-in',
      'login-failed',
      'password-changed',
      'reset-link-made',
      'registered',
    ]);
    expect(events.slice(2, 4).map(({ detail }) => detail)).toEqual(['by a reset link', 'by the operator']);
    const files = readdirSync(installation.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    for (const secret of [token, Buffer.from(token, 'base64url').toString('hex'), NEW_PASSWORD]) {
      expect(installation.log).not.toContain(secret);
      expect(files.some((bytes) => bytes.includes(secret))).toBe(false);
    }
  }, 60_000);

  it('allows a log-in from the browser that set the password, while others use up the limit of failed log-ins', async () => {
    const owner = await someone();
    const { out } = await installation.user('reset', nameOf(owner));
    const browser = new EdgeClient(installation.url);
    await browser.call('POST', '/auth/reset', { token: out.trim().split('#')[1], newPassword: NEW_PASSWORD });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++)
      statuses.push((await logIn(new EdgeClient(installation.url), nameOf(owner), 'wrong wrong')).status);

    const own = await logIn(browser, nameOf(owner), NEW_PASSWORD);

    expect(statuses.at(-1)).toBe(429);
    expect(own.status).toBe(200);
  }, 60_000);

  it.each([
    ['a token that is too short', { token: 'x'.repeat(42), newPassword: NEW_PASSWORD }, 'token'],
    ['no token', { newPassword: NEW_PASSWORD }, 'token'],
    ['a password of 7 characters', { token: 'x'.repeat(43), newPassword: 'a1b2c3d' }, 'newPassword'],
    ['an unknown property', { token: 'x'.repeat(43), newPassword: NEW_PASSWORD, username: 'x' }, 'username'],
  ])('is VALIDATION_FAILED for %s, and names the field', async (_what, body, field) => {
    const answer = await new EdgeClient(installation.url).call('POST', '/auth/reset', body);

    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ field }] } });
  });
});

describe('npm run user -- sessions NAME', () => {
  it('lists the sessions, and with --end ends them and closes their sockets within a second', async () => {
    const owner = await someone();
    await owner.call(
      'POST',
      '/auth/login',
      { username: nameOf(owner), password },
      { 'user-agent': 'Lynx/2' },
    );
    const socket = await owner.connect();

    const listed = await installation.user('sessions', nameOf(owner));
    const ended = await installation.user('sessions', nameOf(owner), '--end');
    await EdgeClient.disconnected(socket, 1_000);

    expect(listed.out.trim().split('\n')).toHaveLength(2);
    expect(listed.out).toContain('Lynx/2');
    expect([ended.code, ended.out]).toEqual([0, `Sessions of ${nameOf(owner)} that were ended: 2\n`]);
    expect(socket.of('session:ended')).toEqual([{ reason: 'revoked' }]);
    expect((await owner.call('GET', '/auth/me')).status).toBe(401);
  }, 60_000);
});

describe('npm run user -- delete NAME', () => {
  it('deletes the account as DELETE /auth/account does', async () => {
    const [owner, other] = [await someone(), await someone()];
    const { chat, key } = await owner.createChat();
    await other.join(key);
    await owner.send(chat.id, 'from the one who goes');
    const socket = await owner.connect();

    const { code } = await installation.user('delete', nameOf(owner));
    await EdgeClient.disconnected(socket, 1_000);

    expect(code).toBe(0);
    expect(socket.of('session:ended')).toEqual([{ reason: 'account-deleted' }]);
    await eventually(
      async () => (await other.page(chat.id)).messages[0]?.deletedAt,
      'the user’s messages are erased',
      10_000,
    );
    expect((await logIn(new EdgeClient(installation.url), nameOf(owner), password)).status).toBe(401);
    const line = `"event":"account-deleted","userId":"${owner.id}","by":"the operator"`;
    await eventually(() => installation.log.includes(line), 'the log names the operator');
  }, 60_000);
});

describe('npm run user', () => {
  it.each([
    [1, ['reset', `nobody-${randomUUID().slice(0, 8)}`], /^secure-chat: User not found\n$/],
    [2, ['delete'], /^secure-chat: an argument is missing\nsecure-chat user reset NAME /],
    [2, ['reset', 'one', 'two'], /^secure-chat: Unexpected argument 'two'\n/],
    [2, ['delete', 'somebody', '--end'], /^secure-chat: --end is for sessions alone\n/],
    [2, ['constructor', 'somebody'], /^secure-chat: there is no constructor somebody\n/],
    [2, ['promote', 'somebody'], /^secure-chat: there is no promote somebody\n/],
    [2, ['reset', '--force'], /^secure-chat: Unknown option '--force'/],
  ])('exits with code %d and the reason for %j', async (expected, args, line) => {
    const { code, out, err } = await installation.user(...args);

    expect([code, out]).toEqual([expected, '']);
    expect(err).toMatch(line);
  });
});
