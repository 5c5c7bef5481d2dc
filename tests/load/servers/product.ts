import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Chat, User } from '@app/contracts/edge';
import { startProgram } from './child.js';
import type { Member, ServerUnderLoad } from './server-under-load.js';

/** How many users register at the same time: hashing a password takes a core. */
const AT_ONCE = 4;

/**
 * Starts the product as its users do, with rate limits off, and makes the pairs through its public API.
 * @param folder empty, its DATA_DIR
 */
export async function startProduct(folder: string, pairs: number): Promise<ServerUnderLoad> {
  const port = await freePort();
  const settings = { PORT: String(port), DATA_DIR: folder, MESSAGE_RATE_LIMIT: '0', AUTH_RATE_LIMIT: '0' };
  const { line: _, ...program } = await startProgram(['tools/start.mjs'], settings, (text) =>
    text.includes('Secure Chat is ready'),
  );
  const url = `http://127.0.0.1:${port}`;
  try {
    const members: Member[] = [];
    for (let made = 0; made < pairs; made += AT_ONCE)
      members.push(
        ...(
          await Promise.all(Array.from({ length: Math.min(AT_ONCE, pairs - made) }, () => makePair(url)))
        ).flat(),
      );
    return { name: 'product', url, members, ...program };
  } catch (error) {
    await program.stop();
    throw error;
  }
}

async function makePair(url: string): Promise<Member[]> {
  const [creator, guest] = await Promise.all([register(url), register(url)]);
  const { chat, key } = (await call(url, '/chats', creator.cookie, {})).body as { chat: Chat; key: string };
  await call(url, '/chats/join', guest.cookie, { key });
  return [creator, guest].map((user) => ({ ...user, chatId: chat.id }));
}

async function register(url: string): Promise<{ userId: string; cookie: string }> {
  const credentials = { username: `load-${randomUUID().slice(0, 18)}`, password: randomUUID() };
  const { body, cookie } = await call(url, '/auth/register', '', credentials);
  return { userId: (body as { user: User }).user.id, cookie };
}

async function call(
  url: string,
  path: string,
  cookie: string,
  body: object,
): Promise<{ body: unknown; cookie: string }> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  const cookies = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
  return { body: await response.json(), cookie: cookies.find((text) => text.startsWith('sid=')) ?? '' };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
