import { randomUUID } from 'node:crypto';
import { EdgeClient, eventually, type TestSocket } from '@app/testing';
import { CALLERS, signUpCallers, chatFixture, type Caller, type ChatFixture } from './callers.js';

/** A payload for each event that clients may send. */
export const EVENT_PAYLOADS: Readonly<Record<string, (fixture: ChatFixture) => object>> = {
  'message:send': ({ chatId }) => ({ chatId, clientMessageId: randomUUID(), text: 'x' }),
  'message:delivered': ({ chatId }) => ({ chatId, seq: 1 }),
  'message:read': ({ chatId }) => ({ chatId, seq: 1 }),
  typing: ({ chatId }) => ({ chatId, typing: true }),
};

/** Sends each event as each caller. @returns `ok`, or the error code of the acknowledgement or the handshake */
export async function tryClientEvents(
  url: string,
  events: readonly string[],
): Promise<Map<string, Record<Caller, string>>> {
  const fixture = await chatFixture(await signUpCallers(url));
  const results = new Map(events.map((event) => [event, {} as Record<Caller, string>]));
  for (const caller of CALLERS) {
    const client = fixture.clients[caller];
    const signedIn = caller !== 'nobody' && caller !== 'signed out';
    const socket = signedIn ? await client.connect() : undefined;
    for (const [event, outcomes] of results) {
      const payload = EVENT_PAYLOADS[event]?.(fixture);
      const ack = socket ? await socket.ask(event, payload) : await client.refusal();
      outcomes[caller] = outcomeOf(ack);
    }
    client.close();
  }
  return results;
}

function outcomeOf(ack: unknown): string {
  const { ok, code, error } = ack as { ok?: boolean; code?: string; error?: { code: string } };
  return ok === true ? 'ok' : String(code ?? error?.code);
}

/** The possible recipients of the server's events. */
export const RECIPIENTS = ['non-member', 'ex-member', 'members'] as const;

/** How often each event arrived at each recipient. */
export type Received = ReadonlyMap<string, Readonly<Record<(typeof RECIPIENTS)[number], number>>>;

/** Causes every event in one chat and counts the arrivals, those at the ex-member from leaving on. */
export async function countServerEvents(url: string, names: readonly string[]): Promise<Received> {
  const clients = await signUpCallers(url);
  const { member, 'other member': other, 'ex-member': former, 'non-member': stranger } = clients;
  const sockets = {
    member: await member.connect(),
    other: await other.connect(),
    former: await former.connect(),
    stranger: await stranger.connect(),
  };
  const fixture = await chatFixture(clients);
  const { chatId } = fixture;
  const has = (socket: TestSocket, name: string): Promise<unknown> =>
    eventually(() => socket.events.some((event) => event.name === name), `${name} arrives`, 20_000);
  // The acknowledgement arrives after all earlier events to this socket.
  const settle = (socket: TestSocket): Promise<unknown> => socket.ask('typing', { chatId, typing: false });
  await settle(sockets.former);
  const leftAt = sockets.former.events.length;

  await has(sockets.other, 'message:new');
  await other.call('PUT', `/chats/${chatId}/messages/${fixture.messageId}/reaction`, { emoji: '👍' });
  await member.call('DELETE', `/chats/${chatId}/messages/${fixture.messageId}`);
  await other.call('POST', `/chats/${chatId}/read`, { seq: 1 });
  await sockets.member.ask('typing', { chatId, typing: true });
  await member.call('PATCH', `/chats/${chatId}`, { name: 'renamed' });
  const again = await other.connect();
  const second = new EdgeClient(url);
  await second.call('POST', '/auth/login', {
    username: other.user?.username,
    password: EdgeClient.password,
  });
  const ending = await second.connect();
  await second.call('POST', '/auth/logout');
  await has(ending, 'session:ended');
  again.socket.disconnect();
  sockets.other.socket.disconnect();
  await eventually(
    () => sockets.member.of('presence').some(({ userId, online }) => userId === other.id && !online),
    'presence arrives',
    30_000,
  );
  await member.call('DELETE', `/chats/${chatId}`);
  await has(sockets.member, 'chat:deleted');
  await settle(sockets.former);
  await settle(sockets.stranger);

  const count = (events: TestSocket['events'], name: string): number =>
    events.filter((event) => event.name === name).length;
  const ofMembers = [...sockets.member.events, ...sockets.other.events, ...ending.events];
  const received = names.map(
    (name) =>
      [
        name,
        {
          'non-member': count(sockets.stranger.events, name),
          'ex-member': count(sockets.former.events.slice(leftAt), name),
          members: count(ofMembers, name),
        },
      ] as const,
  );
  for (const client of [...Object.values(clients), second]) client.close();
  return new Map(received);
}
