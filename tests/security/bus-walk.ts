import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import { USERS } from '../../tools/nats/permissions.mjs';
import { mayPublish, maySubscribe, type BusUser, type SecuredBus } from './bus-trials.js';
import { signUpCallers, chatFixture, type Caller } from './callers.js';

/** What a NATS user may do on a subject. */
export interface Allowed {
  readonly subscribe: boolean;
  readonly publish: boolean;
}

/** Tries every subject of the contract as every NATS user. */
export async function tryBusUsers(bus: SecuredBus): Promise<Map<string, Record<BusUser, Allowed>>> {
  const results = new Map<string, Record<BusUser, Allowed>>();
  for (const subject of [...Object.keys(SUBJECTS), ...Object.keys(EVENTS)]) {
    const allowed = {} as Record<BusUser, Allowed>;
    for (const user of USERS)
      allowed[user] = {
        subscribe: await maySubscribe(bus.as(user), subject),
        publish: await mayPublish(bus.as(user), subject),
      };
    results.set(subject, allowed);
  }
  return results;
}

/** Returns what a user should be allowed on a subject, independently of the configured permissions. */
export function expectedOnBus(subject: string, user: BusUser): Allowed {
  const event = Object.entries(EVENTS).find(([name]) => name === subject)?.[1];
  if (event) {
    const confirms = (event.confirmedBy as readonly string[]).includes(user);
    return { subscribe: user === 'gateway' || confirms, publish: user === event.from };
  }
  const [family, service] = subject.split('.');
  if (family === 'operator') return { subscribe: user === 'auth', publish: user === 'operator' };
  // The health check of a container.
  if (family === 'health') return { subscribe: user === service, publish: user === 'health' };
  return { subscribe: user === family, publish: user === 'gateway' };
}

/** The users on whose behalf the gateway makes requests about a chat. */
export const ON_BEHALF = ['non-member', 'ex-member', 'member'] as const satisfies readonly Caller[];

/** The fields that a subject's request needs beside `userId` and `chatId`. */
const FIELDS: Readonly<Record<string, object>> = {
  'chat.rename': { name: 'renamed' },
  'chat.timer': { messageTtl: 60 },
};

/** The subjects whose request has a `chatId`. */
export const CHAT_REQUESTS = Object.entries(SUBJECTS).flatMap(([subject, { request }]) =>
  'chatId' in request.shape ? [subject] : [],
);

/** Makes each request about a chat as the gateway, on behalf of members and others. */
export async function tryOnBehalf(
  url: string,
  bus: SecuredBus,
): Promise<Map<string, Record<(typeof ON_BEHALF)[number], string>>> {
  const clients = await signUpCallers(url);
  const results = new Map<string, Record<(typeof ON_BEHALF)[number], string>>();
  for (const subject of CHAT_REQUESTS) {
    const { chatId } = await chatFixture(clients);
    const outcomes = {} as Record<(typeof ON_BEHALF)[number], string>;
    for (const caller of ON_BEHALF) {
      const request = { userId: clients[caller].id, chatId, ...FIELDS[subject] };
      const { error } = await bus.request('gateway', subject, request);
      outcomes[caller] = error?.code ?? 'ok';
    }
    results.set(subject, outcomes);
  }
  return results;
}
