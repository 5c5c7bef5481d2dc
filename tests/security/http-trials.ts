import { randomBytes, randomUUID } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { EdgeClient, type EdgeAnswer } from '@app/testing';
import {
  CALLERS,
  signUpCallers,
  chatFixture,
  seenByMember,
  type Caller,
  type Clients,
  type ChatFixture,
} from './callers.js';

/**
 * The intended callers of a route: everybody; every user, for their own data; the members of a chat; the sender of a
 * message; users with a chat's key, while the chat is not full; the owner of a session; users with a reset link, which
 * none of the callers has.
 */
export type Serves =
  'everybody' | 'own things' | 'members' | 'sender' | 'key holders' | 'session owner' | 'link holders';

interface Row {
  readonly serves: Serves;
  readonly body?: (fixture: ChatFixture) => object;
  /** A success ends a session or an account, so the route gets its own accounts. */
  readonly endsSessions?: true;
}

const { password } = EdgeClient;
const everybody: Row = { serves: 'everybody' };
const own: Row = { serves: 'own things' };
const members: Row = { serves: 'members' };

/** The expectations of each route. */
export const HTTP_ROWS: Readonly<Record<string, Row>> = {
  'GET /health/live': everybody,
  'GET /health/ready': everybody,
  'GET /api/docs': everybody,
  'GET /api/openapi.json': everybody,
  'GET /api/asyncapi.json': everybody,
  'POST /api/v1/auth/register': {
    serves: 'everybody',
    body: () => ({ username: `u-${randomUUID().slice(0, 12)}`, password }),
  },
  'POST /api/v1/auth/login': {
    serves: 'everybody',
    body: ({ clients }) => ({ username: clients.member.user?.username, password }),
  },
  'POST /api/v1/auth/reset': {
    serves: 'link holders',
    body: () => ({ token: randomBytes(32).toString('base64url'), newPassword: `new ${randomUUID()}` }),
  },
  'POST /api/v1/auth/logout': { serves: 'own things', endsSessions: true },
  'GET /api/v1/auth/me': own,
  'PUT /api/v1/auth/password': {
    serves: 'own things',
    body: () => ({ currentPassword: password, newPassword: `new ${randomUUID()}` }),
    endsSessions: true,
  },
  'GET /api/v1/auth/sessions': own,
  'DELETE /api/v1/auth/sessions/:id': { serves: 'session owner', endsSessions: true },
  'GET /api/v1/auth/activity': own,
  'GET /api/v1/auth/export': own,
  'DELETE /api/v1/auth/account': { serves: 'own things', body: () => ({ password }), endsSessions: true },
  'POST /api/v1/chats': { serves: 'own things', body: () => ({ name: 'another' }) },
  'POST /api/v1/chats/join': { serves: 'key holders', body: ({ key }) => ({ key }) },
  'GET /api/v1/chats': own,
  'GET /api/v1/chats/:id': members,
  'PATCH /api/v1/chats/:id': { serves: 'members', body: () => ({ name: `renamed ${randomUUID()}` }) },
  'GET /api/v1/chats/:id/key': members,
  'DELETE /api/v1/chats/:id': members,
  'GET /api/v1/chats/:id/stored': members,
  'DELETE /api/v1/chats/:id/members/me': members,
  'GET /api/v1/chats/:id/messages': members,
  'POST /api/v1/chats/:id/messages': {
    serves: 'members',
    body: () => ({ clientMessageId: randomUUID(), text: 'x' }),
  },
  'GET /api/v1/chats/:id/messages/:messageId': members,
  'PATCH /api/v1/chats/:id/messages/:messageId': {
    serves: 'sender',
    body: () => ({ text: `edited ${randomUUID()}` }),
  },
  'PUT /api/v1/chats/:id/messages/:messageId/reaction': { serves: 'members', body: () => ({ emoji: '👍' }) },
  'DELETE /api/v1/chats/:id/messages/:messageId/reaction': members,
  'DELETE /api/v1/chats/:id/messages/:messageId': { serves: 'sender' },
  'POST /api/v1/chats/:id/read': { serves: 'members', body: () => ({ seq: 1 }) },
};

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
}

/** Returns every route of the running router, as `METHOD /path`. */
export function runningRoutes(app: INestApplication): string[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: readonly Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
  );
}

/** Returns the outcome that a caller should get: `ok` or an error code. */
export function expectedOutcome(serves: Serves, caller: Caller): string {
  if (serves === 'everybody') return 'ok';
  if (serves === 'link holders') return 'NOT_FOUND';
  if (caller === 'nobody' || caller === 'signed out') return 'UNAUTHENTICATED';
  if (serves === 'own things' || caller === 'member') return 'ok';
  if (serves === 'session owner') return 'NOT_FOUND';
  if (caller === 'other member') return serves === 'sender' ? 'MESSAGE_NOT_FOUND' : 'ok';
  return serves === 'key holders' ? 'CHAT_FULL' : 'CHAT_NOT_FOUND';
}

/** The result of a call of a route by a caller. */
export interface Trial {
  readonly status: number;
  /** `ok`, or the error code. */
  readonly outcome: string;
  /** What the answer contains of a chat, or the call changed in it, although the caller is not a member. */
  readonly leaks: readonly string[];
}

/** How many routes are tried at the same time. */
const CONCURRENCY = 4;

/** Calls each route as each caller, with a new chat for each route. */
export async function tryRoutes(
  url: string,
  routes: readonly string[],
): Promise<Map<string, Record<Caller, Trial>>> {
  const results = new Map<string, Record<Caller, Trial>>();
  const rows = routes.flatMap((route) => {
    const row = HTTP_ROWS[route];
    return row ? [{ route, row }] : [];
  });
  const clients = await signUpCallers(url);
  const harmless = rows.filter(({ row }) => !row.endsSessions);
  for (let i = 0; i < harmless.length; i += CONCURRENCY)
    await Promise.all(
      harmless
        .slice(i, i + CONCURRENCY)
        .map(async ({ route, row }) => results.set(route, await tryRoute(clients, route, row))),
    );
  for (const { route, row } of rows)
    if (row.endsSessions) results.set(route, await tryRoute(await signUpCallers(url), route, row));
  return results;
}

/** Calls a route as each caller. Others come first and must not change the chat before the members' calls. */
async function tryRoute(clients: Clients, route: string, row: Row): Promise<Record<Caller, Trial>> {
  const fixture = await chatFixture(clients);
  const before = await seenByMember(fixture);
  const trials = {} as Record<Caller, Trial>;
  for (const caller of CALLERS) {
    const { status, body } = await answerTo(fixture, route, row, caller);
    const leaks: string[] = [];
    if (caller !== 'member' && caller !== 'other member') {
      const text = JSON.stringify(body);
      for (const name of ['chatId', 'key', 'messageId', 'sessionId', 'text'] as const)
        if (text.includes(fixture[name])) leaks.push(name);
      if (JSON.stringify(await seenByMember(fixture)) !== JSON.stringify(before)) leaks.push('a change');
    }
    trials[caller] = { status, outcome: status < 400 ? 'ok' : String(body['code']), leaks };
  }
  return trials;
}

function answerTo(fixture: ChatFixture, route: string, row: Row, caller: Caller): Promise<EdgeAnswer> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replaceAll(/:(\w+)/g, (_text, name: string) => {
    if (name === 'messageId') return fixture.messageId;
    return pattern.includes('/sessions/') ? fixture.sessionId : fixture.chatId;
  });
  // A new client for each call, so that a cookie that the call sets does not affect the next.
  const browser = new EdgeClient(fixture.clients[caller].url);
  for (const [name, value] of fixture.clients[caller].cookies) browser.cookies.set(name, value);
  return browser.request(method, path, row.body?.(fixture));
}
