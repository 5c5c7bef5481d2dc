import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS, USERS } from '../../tools/nats/permissions.mjs';
import { covers, SecuredBus, type BusUser } from './bus-trials.js';
import { SecuredStack } from './secured-stack.js';

const ALL = [...Object.keys(SUBJECTS), ...Object.keys(EVENTS)];

/** All subjects of the contract and the permissions, inboxes, the server's own subjects, and ones that do not exist. */
const REPLY_SUBJECTS = [
  ...new Set([
    ...ALL,
    ...USERS.flatMap((name) =>
      [...PERMISSIONS[name].publish, ...PERMISSIONS[name].subscribe].map((one) => one.replace('>', 'try')),
    ),
    ...USERS.flatMap((name) => [
      `_INBOX_${name}.try`,
      ...USERS.map((other) => `_INBOX_${name}.${other}.try`),
    ]),
    '_INBOX.try',
    '$SYS.REQ.SERVER.PING',
    'gateways.try',
    'anything.else',
  ]),
];

let stack: SecuredStack;
let spy: NatsConnection;
/** The messages that the spy has received. */
const received: { subject: string; text: string; reply: string }[] = [];

beforeAll(async () => {
  stack = await SecuredStack.start();
  spy = await stack.bus.spy();
  spy.subscribe('>', {
    callback: (_error, { subject, data, reply }) => {
      received.push({ subject, text: new TextDecoder().decode(data), reply: reply ?? '' });
    },
  });
  await spy.flush();
}, 150_000);
afterAll(async () => {
  await spy.close();
  await stack.stop();
});

/** Waits until everything published so far is handled and answered: each service answers one more request. */
async function settled(): Promise<void> {
  for (const service of ['auth', 'chat'] as const)
    await stack.bus.request('gateway', `${service}.health`, {});
  await stack.bus.request('operator', 'operator.delete', { username: 'no.body' });
  await spy.flush();
}

describe.each(USERS)('the NATS user of %s', (user) => {
  const subjects = ALL.filter((subject) => covers(PERMISSIONS[user].publish, subject));
  const publishes = PERMISSIONS[user].publish.length > 0;

  it('may publish to no subject that it may subscribe to', () => {
    const { publish, subscribe } = PERMISSIONS[user];
    const overlap = publish.filter((one) =>
      subscribe.some((other) => covers([one], other) || covers([other], one)),
    );

    expect(overlap).toEqual([]);
  });

  it.runIf(publishes)('reaches no further subject by a reply subject', async () => {
    expect(subjects.length).toBeGreaterThan(0);
    const bus = stack.bus.as(user);
    for (const subject of subjects) {
      received.length = 0;
      for (const reply of REPLY_SUBJECTS) bus.publish(subject, '{}', { reply });
      await bus.flush();
      await settled();
      const sent = received.filter(
        (message) => message.subject === subject && REPLY_SUBJECTS.includes(message.reply),
      );
      // Proves that each request arrived.
      expect({ subject, sent: sent.length }).toEqual({ subject, sent: REPLY_SUBJECTS.length });
      const reached = received
        .filter(({ subject: other, reply }) => REPLY_SUBJECTS.includes(other) && reply === '')
        .map(({ subject: other, text }) => `${subject} with ${other} as its reply subject: ${text}`);
      const own = new RegExp(`with _INBOX_${user}\\.`);
      expect(reached.filter((one) => !own.test(one))).toEqual([]);
    }
  });
});

describe.each([
  ['npm start', false],
  ['docker-compose.yml', true],
])('the NATS server of %s without the services', (_, tls) => {
  it('lets no user reply to a subject that it may not publish to', async () => {
    const bus = await SecuredBus.start(tls);
    const watch = await bus.spy();
    try {
      const answers = new Set<string>();
      watch.subscribe('>', {
        callback: (_error, { subject, data }) => {
          const [, responder] = /^answer of (\w+)$/.exec(new TextDecoder().decode(data)) ?? [];
          if (responder !== undefined) answers.add(`${responder} ${subject}`);
        },
      });
      await watch.flush();
      for (const user of USERS)
        for (const pattern of PERMISSIONS[user].subscribe)
          bus.as(user).subscribe(pattern, {
            callback: (_error, message) => {
              if (message.reply) message.respond(`answer of ${user}`);
            },
          });
      for (const user of USERS) await bus.as(user).flush();
      for (const user of USERS)
        for (const subject of ALL.filter((one) => covers(PERMISSIONS[user].publish, one)))
          for (const reply of REPLY_SUBJECTS) bus.as(user).publish(subject, '{}', { reply });
      for (const user of USERS) await bus.as(user).flush();
      // The second flush follows the replies, which the first one has delivered the requests for.
      for (const user of USERS) await bus.as(user).flush();
      await watch.flush();

      const beyond = [...answers].filter((answer) => {
        const [responder = '', subject = ''] = answer.split(' ');
        return !covers(PERMISSIONS[responder as BusUser].publish, subject);
      });
      expect(beyond).toEqual([]);
      expect(answers.size).toBeGreaterThan(0);
      expect(readFileSync(join(bus.folder, 'watched.nats.conf'), 'utf8')).not.toContain('allow_responses');
    } finally {
      await watch.close();
      await bus.stop();
    }
  });
});
