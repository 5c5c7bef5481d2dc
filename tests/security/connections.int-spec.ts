import { randomBytes, randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { EdgeClient, eventually, Stack } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frame } from './fuzz/doors.js';

const [CONTINUATION, TEXT, BINARY, PING, PONG] = [0, 1, 2, 9, 10];

let stack: Stack;
let ann: EdgeClient;
const open: Socket[] = [];

beforeAll(async () => {
  stack = await Stack.start();
  ann = await EdgeClient.signedUp(stack.url);
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  ann.close();
  await stack.stop();
});

/** A raw WebSocket connection to Engine.IO. */
class RawWebSocket {
  received = '';
  closed = false;
  closedAt = 0;

  private constructor(private readonly socket: Socket) {
    open.push(socket);
    socket.on('data', (part: Buffer) => (this.received += part.toString('latin1')));
    // The server may end the connection with a reset.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.closedAt = performance.now();
    });
  }

  static async open(cookie = ann.cookie): Promise<RawWebSocket> {
    const made = new RawWebSocket(connect(stack.port, '127.0.0.1'));
    made.socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${stack.port}\r\nCookie: ${cookie}\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    await eventually(() => made.received.includes('pingInterval'), 'Engine.IO is open');
    return made;
  }

  /** Opens one with a Socket.IO connection. */
  static async connected(): Promise<RawWebSocket> {
    const made = await RawWebSocket.open();
    made.send(TEXT, '40');
    await eventually(() => made.received.includes('40{'), 'Socket.IO is connected');
    return made;
  }

  send(opcode: number, text: string, fin = true): void {
    this.raw(frame(opcode, Buffer.from(text), fin));
  }

  raw(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Answers each ping of Engine.IO after a delay. */
  answerPings(afterMs: number): void {
    this.socket.on('data', (part: Buffer) => {
      if (part.toString('latin1').includes('\u0081\u00012')) setTimeout(() => this.send(TEXT, '3'), afterMs);
    });
  }

  async ends(limitMs = 30_000): Promise<void> {
    await eventually(() => this.closed, 'the connection is closed', limitMs);
  }
}

/** Sends a typing event, and waits for its acknowledgement. */
const expectWorking = async (made: RawWebSocket): Promise<void> => {
  made.send(TEXT, `4277["typing",{"chatId":"${randomUUID()}","typing":true}]`);
  await eventually(() => made.received.includes('4377['), 'the event is answered');
};

describe('a connection is closed', () => {
  it('for a message of many fragments, but not for one of a few', async () => {
    const few = await RawWebSocket.connected();
    few.send(TEXT, '4277["ty', false);
    for (const part of ['ping', '",{"chatId":"x","typing":tr']) few.send(CONTINUATION, part, false);
    few.send(CONTINUATION, 'ue}]');
    await eventually(() => few.received.includes('VALIDATION_FAILED'), 'the message is answered');
    const many = await RawWebSocket.open('');

    many.send(TEXT, '4', false);
    for (let i = 0; i < 100; i++) many.send(CONTINUATION, 'x', false);

    await many.ends();
    const empty = await RawWebSocket.connected();
    empty.send(TEXT, '4', false);
    for (let i = 0; i < 100; i++) empty.send(CONTINUATION, '', false);
    await empty.ends();
  });

  it.each([
    ['a compressed frame', () => compressed()],
    ['a control frame in fragments', () => frame(PING, Buffer.from('x'), false)],
    ['a binary frame', () => frame(BINARY, Buffer.from('x'))],
    [
      'an event with binary attachments',
      () => frame(TEXT, Buffer.from('451-["typing",{"_placeholder":true,"num":0}]')),
    ],
    [
      'an acknowledgement with binary attachments',
      () => frame(TEXT, Buffer.from('461-7[{"_placeholder":true,"num":0}]')),
    ],
    ['a second connect packet', () => frame(TEXT, Buffer.from('40'))],
    ['a packet that is not JSON', () => frame(TEXT, Buffer.from('42["typing"'))],
  ])('for %s', async (_, bytes) => {
    const made = await RawWebSocket.connected();

    made.raw(bytes());

    await made.ends();
  });

  it('for a flood of pings, of which the first are answered', async () => {
    const made = await RawWebSocket.connected();
    made.send(PING, 'are you there');
    await eventually(() => made.received.includes('are you there'), 'a ping is answered');

    for (let i = 0; i < 500; i++) made.send(i % 2 === 0 ? PING : PONG, 'flood');

    await made.ends();
  });

  it('when it disconnects from its only namespace', async () => {
    const made = await RawWebSocket.connected();

    made.send(TEXT, '41');

    await made.ends();
  });

  it('when it does not authenticate in time, with WebSocket and long polling', async () => {
    const made = await RawWebSocket.open('');
    const polling = `${stack.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1)) as { sid: string };

    await made.ends();
    await eventually(
      async () => (await fetch(`${polling}&sid=${sid}`, { method: 'POST', body: '3' })).status === 400,
      'the long-polling connection is closed',
    );
  });

  it.each([
    ['many packets', 20, '3'],
    ['large packets', 2, `42["x","${'x'.repeat(5_000)}"]`],
    ['several connect packets', 2, '40'],
  ])('when it sends %s before it is authenticated', async (_, times, text) => {
    const made = await RawWebSocket.open('');

    made.raw(Buffer.concat(Array.from({ length: times }, () => frame(TEXT, Buffer.from(text)))));

    await made.ends(4_000);
    expect(made.received).not.toContain('42[');
  });
});

/** Returns a text frame with the bit for compression. */
function compressed(): Uint8Array {
  const bytes = Buffer.from(frame(TEXT, Buffer.from('42["typing",{}]')));
  bytes[0] = (bytes[0] ?? 0) | 0x40;
  return bytes;
}

describe('a connection stays open', () => {
  it('for unusual but well-formed events, each of which is acknowledged', async () => {
    const made = await RawWebSocket.connected();
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const odd = [
      `421[${JSON.stringify('n'.repeat(60_000))}]`,
      `422["message:send",${deep}]`,
      '423["error",{}]',
      '424["__proto__",{"__proto__":{"x":1}}]',
      '425[7,{}]',
      '426["typing"]',
      `429007199254740991["typing",null]`,
    ];

    for (const text of odd) made.send(TEXT, text);
    // Acknowledgements without an event.
    for (let i = 0; i < 300; i++) made.send(TEXT, `43${i}[]`);

    for (const id of ['1', '2', '3', '4', '5', '6', '9007199254740991'])
      await eventually(() => made.received.includes(`43${id}[{"ok":false`), `event ${id} is answered`);
    await expectWorking(made);
  });

  it('with a round trip of nearly 4 s, while a silent one is closed within 30 s of its last packet', async () => {
    const slow = await RawWebSocket.connected();
    slow.answerPings(3_900);
    const silent = await RawWebSocket.connected();
    const lastPacket = performance.now();

    await silent.ends(60_000);

    // 30 s and a margin for a busy machine.
    expect(silent.closedAt - lastPacket).toBeLessThan(40_000);
    expect(silent.closedAt - lastPacket).toBeGreaterThan(5_000);
    expect(slow.closed).toBe(false);
    await expectWorking(slow);
  }, 90_000);
});
