import { eventually } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHAT } from '../test/factories.js';
import { SmallServer } from '../test/small-server.js';
import { TcpProxy } from '../test/tcp-proxy.js';
import { Connection, type ConnectionState, type ServerEvent } from './connection.js';
import { CookieJar } from './cookie-jar.js';

function reaches(connection: Connection, state: ConnectionState, limitMs?: number): Promise<unknown> {
  return eventually(() => connection.state === state, `the state is ${state}`, limitMs);
}

describe('Connection', () => {
  let server: SmallServer;
  let states: string[];
  let events: ServerEvent[];
  const ends: (() => unknown)[] = [];

  beforeEach(async () => {
    server = await new SmallServer().start();
    states = [];
    events = [];
  });
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
    await server.kill();
  });

  function aConnection(url = server.url, cookie = 'sid=me'): Connection {
    const cookies = new CookieJar();
    cookies.store([cookie]);
    const connection = new Connection({
      url,
      cookies,
      onState: (state, reason) => states.push(reason ? `${state}: ${reason}` : state),
      onEvent: (event) => events.push(event),
    });
    ends.push(() => connection.stop());
    return connection;
  }

  it('is reconnecting until it is connected, by websocket', async () => {
    const connection = aConnection();

    connection.start();
    await reaches(connection, 'connected');

    expect(states).toEqual(['reconnecting', 'connected']);
    expect(server.transports).toEqual(['websocket']);
  });

  it('passes on what the server tells', async () => {
    const connection = aConnection();
    connection.start();
    await reaches(connection, 'connected');

    server.tell('chat:deleted', { chatId: CHAT });

    await eventually(() => events.length === 1, 'the event has come');
    expect(events).toEqual([{ name: 'chat:deleted', payload: { chatId: CHAT } }]);
  });

  it('connects again by itself, when the server was away', async () => {
    const connection = aConnection();
    connection.start();
    await reaches(connection, 'connected');

    await server.kill();
    await reaches(connection, 'reconnecting');
    await server.start();
    await reaches(connection, 'connected');

    expect(states).toEqual(['reconnecting', 'connected', 'reconnecting', 'connected']);
    expect(server.sockets).toBe(1);
  });

  it('is signed out and tries no more, when the server refuses its session', async () => {
    const connection = aConnection(server.url, 'sid=unknown');

    connection.start();
    await reaches(connection, 'signed-out');

    expect(states).toEqual(['reconnecting', 'signed-out: unauthenticated']);
    await eventually(() => server.sockets === 0, 'the refused connection is closed');
  });

  it('tries again, when the server refuses for a while', async () => {
    server.refuseHandshake = 'SERVICE_UNAVAILABLE';
    const connection = aConnection();
    connection.start();
    await eventually(() => states.length > 0, 'it has begun');

    server.refuseHandshake = undefined;

    await reaches(connection, 'connected');
  });

  it('says why, when the server ends the session', async () => {
    const connection = aConnection();
    connection.start();
    await reaches(connection, 'connected');

    server.tell('session:ended', { reason: 'revoked' });
    await reaches(connection, 'signed-out');

    expect(states.at(-1)).toBe('signed-out: revoked');
  });

  it('refuses a request at once, when there is no connection', async () => {
    const connection = aConnection();

    await expect(connection.request('typing', { chatId: CHAT, typing: true })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      status: 0,
    });
  });

  it('refuses a request, when the connection is lost before its answer', async () => {
    const connection = aConnection();
    connection.start();
    await reaches(connection, 'connected');
    server.loseAcks = 1;

    const sending = connection.request('message:send', { chatId: CHAT, clientMessageId: 'x', text: 'y' });

    await expect(sending).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('gives what the server refuses as an error with its code and its wait', async () => {
    const connection = aConnection();
    connection.start();
    await reaches(connection, 'connected');
    server.refuseSend = () => ({
      ok: false,
      error: { code: 'RATE_LIMITED', message: 'slow', retryAfter: 2 },
    });

    const sending = connection.request('message:send', { chatId: CHAT, clientMessageId: 'x', text: 'y' });

    await expect(sending).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 2 });
  });

  it('notices within 5 s that the connection is dead, when nothing comes through any more', async () => {
    const proxy = await TcpProxy.start(server.port);
    ends.push(() => proxy.stop());
    const connection = aConnection(proxy.url);
    connection.start();
    await reaches(connection, 'connected');

    proxy.silence();

    await reaches(connection, 'reconnecting', 5_000);
    await reaches(connection, 'connected');
  }, 15_000);

  it('is reconnecting after 5 s of silence, and connected again by the same connection when something comes', async () => {
    await server.kill();
    server.pingTimeout = 22_000;
    await server.start();
    const proxy = await TcpProxy.start(server.port);
    ends.push(() => proxy.stop());
    const connection = aConnection(proxy.url);
    connection.start();
    await reaches(connection, 'connected');

    proxy.pause();
    await reaches(connection, 'reconnecting', 20_000);
    server.tell('chat:deleted', { chatId: CHAT });
    proxy.resume();
    await reaches(connection, 'connected');

    expect(states).toEqual(['reconnecting', 'connected', 'reconnecting', 'connected']);
    expect(events).toHaveLength(1);
    expect(server.transports).toEqual(['websocket']);
  }, 40_000);

  it('falls back to polling, when a proxy swallows websockets', async () => {
    const proxy = await TcpProxy.start(server.port);
    ends.push(() => proxy.stop());
    proxy.hold = /^GET [^\r\n]*transport=websocket/;
    const connection = aConnection(proxy.url);

    connection.start();
    await reaches(connection, 'connected');

    expect(server.transports).toEqual(['polling']);
  }, 15_000);
});
