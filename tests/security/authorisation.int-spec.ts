import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVER_EVENTS } from '../../apps/gateway/src/edge/schemas/answer.schemas.js';
import { RealtimeGateway } from '../../apps/gateway/src/edge/sockets/realtime.gateway.js';
import { USERS } from '../../tools/nats/permissions.mjs';
import { authorisationPage, type Results } from './authorisation-page.js';
import { expectedOnBus, CHAT_REQUESTS, tryBusUsers, tryOnBehalf } from './bus-walk.js';
import { CALLERS } from './callers.js';
import { HTTP_ROWS, expectedOutcome, runningRoutes, tryRoutes } from './http-trials.js';
import { SecuredStack } from './secured-stack.js';
import { EVENT_PAYLOADS, tryClientEvents, countServerEvents } from './socket-trials.js';

let stack: SecuredStack;
let results: Results;

beforeAll(async () => {
  stack = await SecuredStack.start();
  const { url, app, bus } = stack;
  results = {
    http: await tryRoutes(url, runningRoutes(app)),
    clientEvents: await tryClientEvents(url, app.get(RealtimeGateway).eventNames),
    serverEvents: await countServerEvents(url, Object.keys(SERVER_EVENTS)),
    busUsers: await tryBusUsers(bus),
    onBehalf: await tryOnBehalf(url, bus),
  };
}, 240_000);
afterAll(() => stack.stop());

describe('every route of the router', () => {
  it('has expectations, and all expectations have a route', () => {
    expect(Object.keys(HTTP_ROWS).toSorted()).toEqual(runningRoutes(stack.app).toSorted());
  });

  it.each(Object.entries(HTTP_ROWS))('%s is allowed only to its intended callers', (route, { serves }) => {
    const trials = results.http.get(route);

    for (const caller of CALLERS)
      expect({ caller, outcome: trials?.[caller].outcome }).toEqual({
        caller,
        outcome: expectedOutcome(serves, caller),
      });
  });

  it.each(Object.keys(HTTP_ROWS))(
    '%s returns nothing of the chat to others, and changes nothing for them',
    (route) => {
      const trials = results.http.get(route);

      for (const caller of CALLERS)
        expect({ caller, leaks: trials?.[caller].leaks }).toEqual({ caller, leaks: [] });
    },
  );
});

describe('every event of the Socket.IO edge', () => {
  it('has a test payload, and all payloads have an event', () => {
    expect(Object.keys(EVENT_PAYLOADS).toSorted()).toEqual(
      stack.app.get(RealtimeGateway).eventNames.toSorted(),
    );
  });

  it.each(Object.keys(EVENT_PAYLOADS))('%s is accepted only from members of the chat', (event) => {
    for (const caller of CALLERS)
      expect({ caller, outcome: results.clientEvents.get(event)?.[caller] }).toEqual({
        caller,
        outcome: expectedOutcome('members', caller),
      });
  });

  it.each(Object.keys(SERVER_EVENTS))('%s is emitted only to members', (event) => {
    expect(results.serverEvents.get(event)).toEqual({
      'non-member': 0,
      'ex-member': 0,
      members: expect.toSatisfy((count: number) => count > 0, 'at least one') as number,
    });
  });
});

describe('every subject of the bus', () => {
  it.each([...Object.keys(SUBJECTS), ...Object.keys(EVENTS)])(
    '%s can be subscribed to and published only by the intended users',
    (subject) => {
      for (const user of USERS)
        expect({ user, ...results.busUsers.get(subject)?.[user] }).toEqual({
          user,
          ...expectedOnBus(subject, user),
        });
    },
  );

  it.each(CHAT_REQUESTS)('%s is CHAT_NOT_FOUND for a non-member and an ex-member', (subject) => {
    expect(results.onBehalf.get(subject)).toEqual({
      'non-member': 'CHAT_NOT_FOUND',
      'ex-member': 'CHAT_NOT_FOUND',
      member: 'ok',
    });
  });
});

describe('the page of results', () => {
  it('equals docs/security/authorisation.md', async () => {
    await expect(await authorisationPage(results)).toMatchFileSnapshot(
      '../../docs/security/authorisation.md',
    );
  });
});

describe('the keys of an installation', () => {
  it('are in no command line and no environment of a process', async () => {
    const ps = spawn('ps', ['axeww', '-o', 'args'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let list = '';
    ps.stdout.on('data', (part: Buffer) => (list += part.toString()));
    await once(ps, 'close');

    expect(list).toContain('nats.conf');
    expect(list).toContain(stack.bus.seeds.auth);
    for (const name of USERS) expect(list).not.toContain(readFileSync(stack.bus.seeds[name], 'utf8').trim());
  });
});
