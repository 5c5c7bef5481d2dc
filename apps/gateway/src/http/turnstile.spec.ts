import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { turnstile } from './turnstile.js';

const REQUESTS = 20;

describe('the turnstile', () => {
  it('lets requests that arrive together begin in their order, one in each turn of the event loop', async () => {
    let turn = 0;
    let ticking = setImmediate(function tick() {
      turn++;
      ticking = setImmediate(tick);
    });
    const begun: { path: string; turn: number }[] = [];
    const app = express();
    app.use(turnstile(), (request, response) => {
      begun.push({ path: request.path, turn });
      response.end();
    });
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const paths = Array.from({ length: REQUESTS }, (_, i) => `/${i}`);
    try {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      const last = (path: string): string => (path === paths.at(-1) ? 'Connection: close\r\n' : '');
      // In one packet, so that the server reads all of them at once.
      socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: here\r\n${last(path)}\r\n`).join(''));
      socket.resume();
      await once(socket, 'end');
    } finally {
      clearImmediate(ticking);
      server.close();
    }

    expect(begun.map(({ path }) => path)).toEqual(paths);
    expect(new Set(begun.map((one) => one.turn)).size).toBe(REQUESTS);
  });
});
