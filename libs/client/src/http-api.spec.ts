import { freePort } from '@app/testing';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aChat, CHAT } from '../test/factories.js';
import { ApiError } from './api-error.js';
import { CookieJar } from './cookie-jar.js';
import { HttpApi, type HttpApiOptions } from './http-api.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

async function failureOf(call: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe('HttpApi', () => {
  let server: Server;
  let handle: Handler;
  const seen: { method: string; url: string; cookie: string | undefined; body: string }[] = [];

  beforeEach(async () => {
    seen.length = 0;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        seen.push({
          method: request.method ?? '',
          url: request.url ?? '',
          cookie: request.headers.cookie,
          body,
        });
        handle(request, response, body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  function api(options: HttpApiOptions = {}): HttpApi {
    return new HttpApi({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...options });
  }

  it('makes the calls as the contract writes them', async () => {
    handle = answer(200, { chat: aChat(), messages: [], hasMore: false, receipt: {}, message: {}, key: 'k' });
    const client = api();

    await client.messages(CHAT, { after: 0, limit: 200 });
    await client.messages(CHAT);
    await client.createChat();
    await client.createChat('name');
    await client.joinChat('KEY');
    await client.renameChat(CHAT, 'new');
    await client.leaveChat(CHAT);
    await client.deleteChat(CHAT);
    await client.deleteMessage(CHAT, 'm');
    await client.markRead(CHAT, 7);
    await client.sendMessage({ chatId: CHAT, clientMessageId: 'c', text: 't' });
    await client.changePassword('old', 'new');
    await client.deleteAccount('secret');

    const base = `/api/v1/chats/${CHAT}`;
    expect(seen.map(({ method, url, body }) => [method, url, body && (JSON.parse(body) as unknown)])).toEqual(
      [
        ['GET', `${base}/messages?after=0&limit=200`, ''],
        ['GET', `${base}/messages`, ''],
        ['POST', '/api/v1/chats', {}],
        ['POST', '/api/v1/chats', { name: 'name' }],
        ['POST', '/api/v1/chats/join', { key: 'KEY' }],
        ['PATCH', base, { name: 'new' }],
        ['DELETE', `${base}/members/me`, ''],
        ['DELETE', base, ''],
        ['DELETE', `${base}/messages/m`, ''],
        ['POST', `${base}/read`, { seq: 7 }],
        ['POST', `${base}/messages`, { clientMessageId: 'c', text: 't' }],
        ['PUT', '/api/v1/auth/password', { currentPassword: 'old', newPassword: 'new' }],
        ['DELETE', '/api/v1/auth/account', { password: 'secret' }],
      ],
    );
  });

  it('answers nothing, when there is nothing to answer', async () => {
    handle = (_request, response) => response.writeHead(204).end();

    await expect(api().logOut()).resolves.toBeUndefined();
  });

  it('gives a refusal with all that it says', async () => {
    const errors = [{ field: 'key', message: 'mistyped' }];
    const problem = {
      code: 'VALIDATION_FAILED',
      status: 400,
      title: 't',
      detail: 'd',
      requestId: 'r1',
      errors,
    };
    handle = answer(400, problem);

    const error = await failureOf(api().joinChat('x'));

    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      status: 400,
      detail: 'd',
      requestId: 'r1',
      errors,
    });
    expect(error.transient).toBe(false);
  });

  it('gives the seconds to wait, when the server names them', async () => {
    handle = answer(429, { code: 'RATE_LIMITED', detail: 'slow' }, { 'retry-after': '7' });

    const error = await failureOf(api().me());

    expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfter: 7, transient: true });
  });

  it.each([
    [502, '<html>bad gateway</html>', 'SERVICE_UNAVAILABLE'],
    [500, 'oops', 'INTERNAL'],
    [404, '{"code":"SOMETHING_NEW"}', 'INTERNAL'],
    [200, '<html>', 'SERVICE_UNAVAILABLE'],
  ])('gives one of the known codes, when a proxy answers %i with %s', async (status, body, code) => {
    handle = answer(status, body);

    expect((await failureOf(api().me())).code).toBe(code);
  });

  it('fails as unavailable, when nothing listens', async () => {
    const error = await failureOf(api({ baseUrl: `http://127.0.0.1:${await freePort()}` }).me());

    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 0, transient: true });
  });

  it('fails as unavailable, when the answer does not come in time', async () => {
    handle = () => undefined;

    const error = await failureOf(api({ timeoutMs: 100 }).me());

    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 0 });
  });

  it('fails as unavailable, when the answer begins in time and does not end', async () => {
    handle = (_request, response) => void response.writeHead(200).write('{"user"');

    const error = await failureOf(api({ timeoutMs: 100 }).me());

    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 0 });
  });

  it('keeps the session’s cookie, when it has a jar', async () => {
    handle = answer(200, { user: {} }, { 'set-cookie': 'sid=token; HttpOnly; Path=/' });
    const client = api({ cookies: new CookieJar() });

    await client.logIn('name', 'password');
    await client.me();

    expect(seen.map(({ cookie }) => cookie)).toEqual([undefined, 'sid=token']);
  });

  it('says that there is no session, when the server says so', async () => {
    let told = 0;
    handle = answer(401, { code: 'UNAUTHENTICATED', detail: 'log in' });

    await failureOf(api({ onUnauthenticated: () => told++ }).chats());

    expect(told).toBe(1);
  });

  it('reads the export piece by piece and tells how far it is', async () => {
    const text = JSON.stringify({ user: {}, chats: 'x'.repeat(300_000) });
    handle = answer(200, text);
    const pieces: Uint8Array[] = [];
    let far = 0;

    await api().exportData((piece, received) => {
      pieces.push(piece);
      far = received;
    });

    expect(Buffer.concat(pieces).toString()).toBe(text);
    expect(far).toBe(text.length);
    expect(pieces.length).toBeGreaterThan(1);
  });

  it('fails, when the export is cut off', async () => {
    handle = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{');
      setImmediate(() => response.destroy());
    };

    expect(await failureOf(api().exportData(() => undefined))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('ends the export, when the caller has enough', async () => {
    handle = (_request, response) => void response.writeHead(200).write('{');
    const abort = new AbortController();

    const reading = api().exportData(() => abort.abort(), abort.signal);

    await expect(reading).rejects.toBeInstanceOf(ApiError);
  });
});
