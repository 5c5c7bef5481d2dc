import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVER_EVENTS } from '../../apps/gateway/src/edge/schemas/answer.schemas.js';
import { RealtimeGateway } from '../../apps/gateway/src/edge/sockets/realtime.gateway.js';
import { USERS } from '../../tools/nats/permissions.mjs';
import { authorisationPage, type Walk } from './authorisation-page.js';
import { busRuling, CHAT_REQUESTS, walkBusUsers, walkOnBehalf } from './bus-walk.js';
import { CALLERS } from './cast.js';
import { HTTP_ROWS, ruling, runningRoutes, walkHttp } from './http-walk.js';
import { SecuredStack } from './secured-stack.js';
import { EVENT_PAYLOADS, walkClientEvents, walkServerEvents } from './socket-walk.js';

let stack: SecuredStack;
let walk: Walk;

beforeAll(async () => {
  stack = await SecuredStack.start();
  const { url, app, bus } = stack;
  walk = {
    http: await walkHttp(url, runningRoutes(app)),
    clientEvents: await walkClientEvents(url, app.get(RealtimeGateway).eventNames),
    serverEvents: await walkServerEvents(url, Object.keys(SERVER_EVENTS)),
    busUsers: await walkBusUsers(bus),
    onBehalf: await walkOnBehalf(url, bus),
  };
}, 240_000);
afterAll(() => stack.stop());

describe('every route of the running router', () => {
  it('has a row of its own, and no row is without a route', () => {
    expect(Object.keys(HTTP_ROWS).toSorted()).toEqual(runningRoutes(stack.app).toSorted());
  });

  it.each(Object.entries(HTTP_ROWS))('%s lets in whom it serves, and nobody else', (route, { serves }) => {
    const tried = walk.http.get(route);

    for (const caller of CALLERS)
      expect({ caller, outcome: tried?.[caller].outcome }).toEqual({
        caller,
        outcome: ruling(serves, caller),
      });
  });

  it.each(Object.keys(HTTP_ROWS))(
    '%s tells those outside the chat nothing and changes nothing for them',
    (route) => {
      const tried = walk.http.get(route);

      for (const caller of CALLERS)
        expect({ caller, leaks: tried?.[caller].leaks }).toEqual({ caller, leaks: [] });
    },
  );
});

describe('every event of the socket edge', () => {
  it('has a payload of its own in the walk, and none is without an event', () => {
    expect(Object.keys(EVENT_PAYLOADS).toSorted()).toEqual(
      stack.app.get(RealtimeGateway).eventNames.toSorted(),
    );
  });

  it.each(Object.keys(EVENT_PAYLOADS))('%s is for the members of the chat', (event) => {
    for (const caller of CALLERS)
      expect({ caller, outcome: walk.clientEvents.get(event)?.[caller] }).toEqual({
        caller,
        outcome: ruling('members', caller),
      });
  });

  it.each(Object.keys(SERVER_EVENTS))('%s is heard by those concerned alone', (event) => {
    expect(walk.serverEvents.get(event)).toEqual({
      'non-member': 0,
      'ex-member': 0,
      members: expect.toSatisfy((count: number) => count > 0, 'at least one') as number,
    });
  });
});

describe('every subject of the bus', () => {
  it.each([...Object.keys(SUBJECTS), ...Object.keys(EVENTS)])(
    '%s is heard and spoken on only by the services it is meant for',
    (subject) => {
      for (const user of USERS)
        expect({ user, ...walk.busUsers.get(subject)?.[user] }).toEqual({
          user,
          ...busRuling(subject, user),
        });
    },
  );

  it.each(CHAT_REQUESTS)('%s is CHAT_NOT_FOUND for a non-member and an ex-member', (subject) => {
    expect(walk.onBehalf.get(subject)).toEqual({
      'non-member': 'CHAT_NOT_FOUND',
      'ex-member': 'CHAT_NOT_FOUND',
      member: 'ok',
    });
  });
});

describe('the page of results', () => {
  it('is docs/security/authorisation.md as it is committed', async () => {
    await expect(await authorisationPage(walk)).toMatchFileSnapshot('../../docs/security/authorisation.md');
  });
});

describe('the keys of an installation', () => {
  it('stand in no process list, nor in any environment, while the services run under them', async () => {
    const ps = spawn('ps', ['axeww', '-o', 'args'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let list = '';
    ps.stdout.on('data', (part: Buffer) => (list += part.toString()));
    await once(ps, 'close');

    expect(list).toContain('nats.conf');
    expect(list).toContain(stack.bus.seeds.auth);
    for (const name of USERS) expect(list).not.toContain(readFileSync(stack.bus.seeds[name], 'utf8').trim());
  });
});
