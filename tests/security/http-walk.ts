import { randomBytes, randomUUID } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { EdgeClient, type EdgeAnswer } from '@app/testing';
import { CALLERS, newCast, newScene, seenByMember, type Caller, type Cast, type Scene } from './cast.js';

/**
 * Whom a route serves: everybody; whoever has a session, about their own things; the members of a chat; the sender
 * of a message; whoever holds a chat's key while there is room; the owner of a session;
 * whoever holds a link of the operator's, which none of the callers does.
 */
export type Serves =
  'everybody' | 'own things' | 'members' | 'sender' | 'key holders' | 'session owner' | 'link holders';

interface Row {
  readonly serves: Serves;
  readonly body?: (scene: Scene) => object;
  /** A success ends a session or an account, so the route has accounts of its own. */
  readonly endsSessions?: true;
}

const { password } = EdgeClient;
const everybody: Row = { serves: 'everybody' };
const own: Row = { serves: 'own things' };
const members: Row = { serves: 'members' };

/** One row for each route of the running router; a route without one fails the walk. */
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
    body: ({ cast }) => ({ username: cast.member.user?.username, password }),
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

/** Every route of the running router, as `METHOD /path`. */
export function runningRoutes(app: INestApplication): string[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: readonly Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
  );
}

/** What each caller must get: `ok`, or the code of the refusal. */
export function ruling(serves: Serves, caller: Caller): string {
  if (serves === 'everybody') return 'ok';
  if (serves === 'link holders') return 'NOT_FOUND';
  if (caller === 'nobody' || caller === 'signed out') return 'UNAUTHENTICATED';
  if (serves === 'own things' || caller === 'member') return 'ok';
  if (serves === 'session owner') return 'NOT_FOUND';
  if (caller === 'other member') return serves === 'sender' ? 'MESSAGE_NOT_FOUND' : 'ok';
  return serves === 'key holders' ? 'CHAT_FULL' : 'CHAT_NOT_FOUND';
}

/** What one caller got from one route. */
export interface Tried {
  readonly status: number;
  /** `ok`, or the code of the refusal. */
  readonly outcome: string;
  /** What the answer gave away of a chat, or changed in it, though the caller is no member. */
  readonly leaks: readonly string[];
}

/** How many routes are tried at the same time. */
const AT_ONCE = 4;

/** Tries each route as each caller, each time on a chat of its own. */
export async function walkHttp(
  url: string,
  routes: readonly string[],
): Promise<Map<string, Record<Caller, Tried>>> {
  const results = new Map<string, Record<Caller, Tried>>();
  const rows = routes.flatMap((route) => {
    const row = HTTP_ROWS[route];
    return row ? [{ route, row }] : [];
  });
  const cast = await newCast(url);
  const harmless = rows.filter(({ row }) => !row.endsSessions);
  for (let i = 0; i < harmless.length; i += AT_ONCE)
    await Promise.all(
      harmless
        .slice(i, i + AT_ONCE)
        .map(async ({ route, row }) => results.set(route, await tryRoute(cast, route, row))),
    );
  for (const { route, row } of rows)
    if (row.endsSessions) results.set(route, await tryRoute(await newCast(url), route, row));
  return results;
}

/** Outsiders come first and may change nothing, so the members find the chat as it was. */
async function tryRoute(cast: Cast, route: string, row: Row): Promise<Record<Caller, Tried>> {
  const scene = await newScene(cast);
  const before = await seenByMember(scene);
  const tried = {} as Record<Caller, Tried>;
  for (const caller of CALLERS) {
    const { status, body } = await answerTo(scene, route, row, caller);
    const leaks: string[] = [];
    if (caller !== 'member' && caller !== 'other member') {
      const text = JSON.stringify(body);
      for (const name of ['chatId', 'key', 'messageId', 'sessionId', 'text'] as const)
        if (text.includes(scene[name])) leaks.push(name);
      if (JSON.stringify(await seenByMember(scene)) !== JSON.stringify(before)) leaks.push('a change');
    }
    tried[caller] = { status, outcome: status < 400 ? 'ok' : String(body['code']), leaks };
  }
  return tried;
}

function answerTo(scene: Scene, route: string, row: Row, caller: Caller): Promise<EdgeAnswer> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replaceAll(/:(\w+)/g, (_text, name: string) => {
    if (name === 'messageId') return scene.messageId;
    return pattern.includes('/sessions/') ? scene.sessionId : scene.chatId;
  });
  // A browser of its own: a session that is made by the call is not carried into the next.
  const browser = new EdgeClient(scene.cast[caller].url);
  for (const [name, value] of scene.cast[caller].cookies) browser.cookies.set(name, value);
  return browser.request(method, path, row.body?.(scene));
}
