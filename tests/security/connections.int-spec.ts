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

/** A websocket by hand on a connection of Engine.IO. */
class HandMade {
  heard = '';
  closed = false;
  closedAt = 0;
  heardAt = 0;

  private constructor(private readonly socket: Socket) {
    open.push(socket);
    socket.on('data', (part: Buffer) => {
      this.heard += part.toString('latin1');
      this.heardAt = performance.now();
    });
    // A reset is an end, too.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.closedAt = performance.now();
    });
  }

  static async open(cookie = ann.cookie): Promise<HandMade> {
    const made = new HandMade(connect(stack.port, '127.0.0.1'));
    made.socket.write(
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${stack.port}\r\nCookie: ${cookie}\r\n` +
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    await eventually(() => made.heard.includes('pingInterval'), 'Engine.IO is open');
    return made;
  }

  /** With a Socket.IO connection on it. */
  static async connected(): Promise<HandMade> {
    const made = await HandMade.open();
    made.send(TEXT, '40');
    await eventually(() => made.heard.includes('40{'), 'Socket.IO is connected');
    return made;
  }

  send(opcode: number, text: string, fin = true): void {
    this.raw(frame(opcode, Buffer.from(text), fin));
  }

  raw(bytes: Uint8Array): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** Answers each ping of Engine.IO after a while. */
  answerPings(afterMs: number): void {
    this.socket.on('data', (part: Buffer) => {
      if (part.toString('latin1').includes('\u0081\u00012')) setTimeout(() => this.send(TEXT, '3'), afterMs);
    });
  }

  async ends(what: string, limitMs = 30_000): Promise<void> {
    await eventually(() => this.closed, what, limitMs);
  }
}

/** A typing event whose acknowledgement says that the connection works. */
const works = async (made: HandMade): Promise<void> => {
  made.send(TEXT, `4277["typing",{"chatId":"${randomUUID()}","typing":true}]`);
  await eventually(() => made.heard.includes('4377['), 'the event is answered');
};

describe('a connection ends', () => {
  it('with a message in more fragments than anyone needs, and not with a few', async () => {
    const few = await HandMade.connected();
    few.send(TEXT, '4277["ty', false);
    for (const part of ['ping', '",{"chatId":"x","typing":tr']) few.send(CONTINUATION, part, false);
    few.send(CONTINUATION, 'ue}]');
    await eventually(() => few.heard.includes('VALIDATION_FAILED'), 'the message is answered');
    const many = await HandMade.open('');

    many.send(TEXT, '4', false);
    for (let i = 0; i < 100; i++) many.send(CONTINUATION, 'x', false);

    await many.ends('the connection is cut');
    const empty = await HandMade.connected();
    empty.send(TEXT, '4', false);
    for (let i = 0; i < 100; i++) empty.send(CONTINUATION, '', false);
    await empty.ends('the connection is cut');
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
    ['a second request to connect', () => frame(TEXT, Buffer.from('40'))],
    ['a packet that is no JSON', () => frame(TEXT, Buffer.from('42["typing"'))],
  ])('with %s', async (_, bytes) => {
    const made = await HandMade.connected();

    made.raw(bytes());

    await made.ends('the connection is cut');
  });

  it('with a flood of pings, of which a few are answered', async () => {
    const made = await HandMade.connected();
    made.send(PING, 'are you there');
    await eventually(() => made.heard.includes('are you there'), 'a ping is answered');

    for (let i = 0; i < 500; i++) made.send(i % 2 === 0 ? PING : PONG, 'flood');

    await made.ends('the connection is cut');
  });

  it('when it leaves its only namespace', async () => {
    const made = await HandMade.connected();

    made.send(TEXT, '41');

    await made.ends('the connection is closed');
  });

  it('when it does not say who it is, by websocket or by polling', async () => {
    const made = await HandMade.open('');
    const polling = `${stack.url}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1)) as { sid: string };

    await made.ends('the connection is closed');
    await eventually(
      async () => (await fetch(`${polling}&sid=${sid}`, { method: 'POST', body: '3' })).status === 400,
      'the session of polling is closed',
    );
  });

  it.each([
    ['many packets', 20, '3'],
    ['much in few', 2, `42["x","${'x'.repeat(5_000)}"]`],
    ['several requests to connect', 2, '40'],
  ])('when it sends %s before its user is known', async (_, times, text) => {
    const made = await HandMade.open('');

    made.raw(Buffer.concat(Array.from({ length: times }, () => frame(TEXT, Buffer.from(text)))));

    await made.ends('the connection is cut', 4_000);
    expect(made.heard).not.toContain('42[');
  });
});

/** A text frame that says it is compressed. */
function compressed(): Uint8Array {
  const bytes = Buffer.from(frame(TEXT, Buffer.from('42["typing",{}]')));
  bytes[0] = (bytes[0] ?? 0) | 0x40;
  return bytes;
}

describe('a connection stays', () => {
  it('whatever odd but well-formed events it sends, each of which is answered', async () => {
    const made = await HandMade.connected();
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
    // Acknowledgements of nothing.
    for (let i = 0; i < 300; i++) made.send(TEXT, `43${i}[]`);

    for (const id of ['1', '2', '3', '4', '5', '6', '9007199254740991'])
      await eventually(() => made.heard.includes(`43${id}[{"ok":false`), `event ${id} is answered`);
    await works(made);
  });

  it('with a round trip of nearly 4 s; one that is silent is cut within 30 s of its last packet', async () => {
    const slow = await HandMade.connected();
    slow.answerPings(3_900);
    const silent = await HandMade.connected();
    const lastPacket = performance.now();

    await silent.ends('the silent connection is cut', 60_000);

    // What a busy machine adds is no silence of the protocol.
    expect(silent.closedAt - lastPacket).toBeLessThan(40_000);
    expect(silent.closedAt - lastPacket).toBeGreaterThan(5_000);
    expect(slow.closed).toBe(false);
    await works(slow);
  }, 90_000);
});
