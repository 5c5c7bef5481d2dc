import { randomUUID } from 'node:crypto';
import type { Chat, User } from '@app/contracts/edge';
import type { Member } from './server-under-load.js';

/** How many users register at the same time. Hashing a password occupies a core. */
const CONCURRENCY = 4;

/** A user with a session. */
export interface Account {
  readonly userId: string;
  readonly username: string;
  readonly password: string;
  readonly cookie: string;
}

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** The session cookie, where the answer sets one. */
  readonly cookie: string;
}

/**
 * Calls the API.
 * @param path below /api/v1
 * @throws {Error} for an error other than 503
 */
export async function call(
  url: string,
  method: string,
  path: string,
  cookie: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: body ? { 'content-type': 'application/json', cookie } : { cookie },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok && response.status !== 503)
    throw new Error(`${method} ${path}: ${response.status} ${text}`);
  const cookies = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
  return {
    status: response.status,
    body: text === '' ? undefined : JSON.parse(text),
    cookie: cookies.find((one) => /^sid(-\d+)?=/.test(one)) ?? '',
  };
}

/** Registers a user. */
export async function register(url: string): Promise<Account> {
  const credentials = { username: `load-${randomUUID().slice(0, 18)}`, password: randomUUID() };
  const { body, cookie } = await call(url, 'POST', '/auth/register', '', credentials);
  return { userId: (body as { user: User }).user.id, ...credentials, cookie };
}

/** Creates a chat. */
export async function createChat(url: string, cookie: string): Promise<{ chat: Chat; key: string }> {
  return (await call(url, 'POST', '/chats', cookie, {})).body as { chat: Chat; key: string };
}

/** Creates pairs of users, each with a chat. */
export async function makePairs(url: string, pairs: number): Promise<Member[]> {
  const members: Member[] = [];
  for (let made = 0; made < pairs; made += CONCURRENCY)
    members.push(
      ...(
        await Promise.all(Array.from({ length: Math.min(CONCURRENCY, pairs - made) }, () => makePair(url)))
      ).flat(),
    );
  return members;
}

async function makePair(url: string): Promise<Member[]> {
  const [creator, guest] = await Promise.all([register(url), register(url)]);
  const { chat, key } = await createChat(url, creator.cookie);
  await call(url, 'POST', '/chats/join', guest.cookie, { key });
  return [creator, guest].map(({ userId, cookie }) => ({ userId, cookie, chatId: chat.id }));
}
