import { EdgeClient, eventually } from '@app/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ComposeProject } from './compose-project.js';
import { HttpsVisitor } from './https-visitor.js';

const MINUTE = 60_000;

/**
 * The profile https: Caddy in front.
 * @param project gives the project with this profile; what it has in common with the one without is up already
 */
export function describeHttps(project: () => ComposeProject): void {
  describe('with the profile https', () => {
    let authority: string;

    beforeAll(async () => {
      await project().up('--no-build');
      const path = '/certificates/caddy/pki/authorities/local/root.crt';
      authority = await eventually(
        () => project().compose('exec', '-T', 'caddy', 'cat', path),
        'Caddy has its authority',
      );
    }, 3 * MINUTE);

    it('chats over HTTPS, under cookies that go over HTTPS alone', async () => {
      const visitor = new HttpsVisitor(project().origin, authority);
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
      const tries = await project().run(
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
      const visitor = new HttpsVisitor(project().origin, authority);

      expect(JSON.parse(tries.trim().split('\n').at(-1) ?? '')).toEqual([401, 401, 401, 401, 401, 429, 429]);
      expect((await visitor.signUp()).status).toBe(201);
    });

    it('publishes plain HTTP to this machine alone', async () => {
      const [bound] = Object.values((await project().inspect('gateway')).HostConfig.PortBindings ?? {}) as {
        HostIp: string;
      }[][];

      expect(bound?.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1']);
      expect((await project().inspect('caddy')).HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        CapAdd: ['NET_BIND_SERVICE'],
        SecurityOpt: ['no-new-privileges:true'],
      });
    });
  });
}
