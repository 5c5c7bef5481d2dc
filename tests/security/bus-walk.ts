import { EVENTS, SUBJECTS } from '@app/contracts/bus';
import { USERS } from '../../tools/nats/permissions.mjs';
import { mayHear, maySpeak, type BusUser, type SecuredBus } from './bus-trials.js';
import { newCast, newScene, type Caller } from './cast.js';

/** What the server lets a user do on a subject. */
export interface Allowed {
  readonly hear: boolean;
  readonly speak: boolean;
}

/** Tries every subject of the contract under every service's key. */
export async function walkBusUsers(bus: SecuredBus): Promise<Map<string, Record<BusUser, Allowed>>> {
  const results = new Map<string, Record<BusUser, Allowed>>();
  for (const subject of [...Object.keys(SUBJECTS), ...Object.keys(EVENTS)]) {
    const allowed = {} as Record<BusUser, Allowed>;
    for (const user of USERS)
      allowed[user] = {
        hear: await mayHear(bus.as(user), subject),
        speak: await maySpeak(bus.as(user), subject),
      };
    results.set(subject, allowed);
  }
  return results;
}

/** Who is meant to hear and speak on a subject, said apart from the permissions that the server is given. */
export function busRuling(subject: string, user: BusUser): Allowed {
  const event = Object.entries(EVENTS).find(([name]) => name === subject)?.[1];
  if (event) {
    const confirms = (event.confirmedBy as readonly string[]).includes(user);
    return { hear: user === 'gateway' || confirms, speak: user === event.from };
  }
  const [family, service] = subject.split('.');
  if (family === 'operator') return { hear: user === 'auth', speak: user === 'operator' };
  // A container's health check.
  if (family === 'health') return { hear: user === service, speak: user === 'health' };
  return { hear: user === family, speak: user === 'gateway' };
}

/** For whom the gateway may ask about a chat. */
export const ON_BEHALF = ['non-member', 'ex-member', 'member'] as const satisfies readonly Caller[];

/** What a subject's request needs beside the user and the chat; a subject that needs more fails the walk. */
const MORE: Readonly<Record<string, object>> = {
  'chat.rename': { name: 'renamed' },
  'chat.timer': { messageTtl: 60 },
};

/** The subjects about one chat, by the fields of their requests. */
export const CHAT_REQUESTS = Object.entries(SUBJECTS).flatMap(([subject, { request }]) =>
  'chatId' in request.shape ? [subject] : [],
);

/** Asks each subject about a chat under the gateway's key, for those who are and are not in it. */
export async function walkOnBehalf(
  url: string,
  bus: SecuredBus,
): Promise<Map<string, Record<(typeof ON_BEHALF)[number], string>>> {
  const cast = await newCast(url);
  const results = new Map<string, Record<(typeof ON_BEHALF)[number], string>>();
  for (const subject of CHAT_REQUESTS) {
    const { chatId } = await newScene(cast);
    const outcomes = {} as Record<(typeof ON_BEHALF)[number], string>;
    for (const caller of ON_BEHALF) {
      const request = { userId: cast[caller].id, chatId, ...MORE[subject] };
      const { error } = await bus.ask('gateway', subject, request);
      outcomes[caller] = error?.code ?? 'ok';
    }
    results.set(subject, outcomes);
  }
  return results;
}
