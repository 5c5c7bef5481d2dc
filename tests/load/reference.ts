// The reference: the shortest fair program with the gateway's function (one process, no services, no framework).
// Usage: node reference.js FOLDER PAIRS. Prints a JSON line with its address and members when it is ready.
import Database from 'better-sqlite3';
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server, type DefaultEventsMap, type Socket } from 'socket.io';
import type { Ack, ClientEvents, MarkPayload, Message, SendPayload, ServerEvents } from '@app/contracts/edge';
import type { Member } from './servers/server-under-load.js';

type UserSocket = Socket<ClientEvents, ServerEvents, DefaultEventsMap, { userId: string }>;
type Row = { seq: number; id: Buffer; sender: Buffer; client: Buffer; at: number; sealed: Buffer };
type Send = { socket: UserSocket; payload: SendPayload; ack: (answer: Ack<{ message: Message }>) => void };
type Move = { userId: string; payload: MarkPayload; kind: 'delivered' | 'read'; ack: (answer: Ack) => void };

const MAX_BATCH = 200;
const RECEIPTS_INTERVAL_MS = 250;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const [folder = '.', pairs = '1'] = process.argv.slice(2);

const db = new Database(join(folder, 'reference.db'));
for (const pragma of ['journal_mode=WAL', 'synchronous=FULL', 'fullfsync=ON']) db.exec(`PRAGMA ${pragma}`);
db.exec(`CREATE TABLE users (id TEXT PRIMARY KEY, token BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE messages (row INTEGER PRIMARY KEY, chat INTEGER NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL,
  sender BLOB NOT NULL, client BLOB NOT NULL, at INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX by_seq ON messages (chat, seq);
CREATE UNIQUE INDEX by_client ON messages (chat, sender, client);
CREATE TABLE receipts (chat INTEGER, user BLOB, delivered INTEGER, read INTEGER, PRIMARY KEY (chat, user)) STRICT;`);
const insert = db.prepare(
  'INSERT INTO messages (chat, seq, id, sender, client, at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)',
);
const known = db.prepare<unknown[], Row>(
  'SELECT * FROM messages WHERE chat = ? AND sender = ? AND client = ?',
);
const page = db.prepare<unknown[], Row>(
  'SELECT * FROM messages WHERE chat = ? AND seq > ? ORDER BY seq LIMIT ?',
);
const setReceipts = db.prepare('INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)');
const userOf = db.prepare<[Buffer], { id: string }>('SELECT id FROM users WHERE token = ?');

const toBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const toUuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

function aChat(ref: number) {
  const memberIds = [randomUUID(), randomUUID()] as const;
  const receipts = new Map(memberIds.map((id) => [id as string, { delivered: 0, read: 0 }]));
  return {
    ref,
    id: randomUUID() as string,
    key: createSecretKey(randomBytes(32)),
    memberIds,
    receipts,
    lastSeq: 0,
  };
}
type Chat = ReturnType<typeof aChat>;
const chats = new Map<string, Chat>();
const members: Member[] = [];
for (let ref = 1; ref <= Number(pairs); ref++) {
  const chat = aChat(ref);
  chats.set(chat.id, chat);
  for (const userId of chat.memberIds) {
    const token = randomBytes(32).toString('base64url');
    db.prepare('INSERT INTO users VALUES (?, ?)').run(userId, digest(token));
    members.push({ userId, chatId: chat.id, cookie: `sid=${token}` });
  }
}
const chatOf = (userId: string, chatId: string): Chat | undefined => {
  const chat = chats.get(chatId);
  return chat?.memberIds.includes(userId as Chat['memberIds'][0]) ? chat : undefined;
};
const sessionOf = (request: IncomingMessage): string | undefined =>
  userOf.get(digest(/(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''))?.id;

const context = Buffer.alloc(82);
function bind(chat: Chat, id: Buffer, sender: Buffer, client: Buffer, seq: number, at: number): Buffer {
  context.set([1, 1]);
  [toBytes(chat.id), id, sender, client].forEach((bytes, i) => context.set(bytes, 2 + 16 * i));
  context.writeBigUInt64BE(BigInt(seq), 66);
  context.writeBigUInt64BE(BigInt(at), 74);
  return context;
}
function open(chat: Chat, row: Row): Message {
  const decipher = createDecipheriv('aes-256-gcm', chat.key, row.sealed.subarray(1, 13));
  decipher
    .setAAD(bind(chat, row.id, row.sender, row.client, row.seq, row.at))
    .setAuthTag(row.sealed.subarray(-16));
  const text = decipher.update(row.sealed.subarray(13, -16), undefined, 'utf8') + decipher.final('utf8');
  return describe(chat, row, text);
}
function describe(chat: Chat, row: Omit<Row, 'sealed'>, text: string): Message {
  const [id, senderId, clientMessageId] = [toUuid(row.id), toUuid(row.sender), toUuid(row.client)];
  const sentAt = new Date(row.at).toISOString();
  return {
    id,
    chatId: chat.id,
    seq: row.seq,
    rev: row.seq,
    senderId,
    clientMessageId,
    text,
    replyTo: null,
    attachments: [],
    reactions: [],
    sentAt,
    editedAt: null,
    expiresAt: null,
    deletedAt: null,
    damaged: false,
  };
}
/** Stores a message in the transaction of the batch. @returns the message, and whether it was stored before */
function write(chat: Chat, userId: string, payload: SendPayload): { message: Message; repeat: boolean } {
  const [id, sender, client] = [toBytes(randomUUID()), toBytes(userId), toBytes(payload.clientMessageId)];
  const before = known.get(chat.ref, sender, client);
  if (before) return { message: open(chat, before), repeat: true };
  const [seq, at, nonce] = [chat.lastSeq + 1, Date.now(), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', chat.key, nonce).setAAD(
    bind(chat, id, sender, client, seq, at),
  );
  const ciphertext = [cipher.update(payload.text, 'utf8'), cipher.final()];
  const sealed = Buffer.concat([Buffer.of(1), nonce, ...ciphertext, cipher.getAuthTag()]);
  insert.run(chat.ref, seq, id, sender, client, at, sealed);
  chat.lastSeq = seq;
  return { message: describe(chat, { seq, id, sender, client, at }, payload.text), repeat: false };
}

const sends: Send[] = [];
let moves: Move[] = [];
let scheduled = false;
function schedule(): void {
  if (!scheduled) setImmediate(commit);
  scheduled = true;
}
/** Commits the messages of this event-loop iteration, at most 200, in one transaction. */
function commit(): void {
  scheduled = false;
  const [batch, moved] = [sends.splice(0, MAX_BATCH), moves];
  moves = [];
  const answers: (() => void)[] = [];
  db.transaction(() => {
    for (const { socket, payload, ack } of batch) {
      const chat = chats.get(payload.chatId);
      if (!chat) continue;
      const { message, repeat } = write(chat, socket.data.userId, payload);
      answers.push(() => {
        ack({ ok: true, message });
        if (!repeat) socket.to([...chat.memberIds]).emit('message:new', { message });
      });
    }
    for (const { userId, payload, kind, ack } of moved) {
      const chat = chatOf(userId, payload.chatId);
      const receipts = chat?.receipts.get(userId);
      if (!chat || !receipts) continue;
      receipts[kind] = Math.max(receipts[kind], Math.min(payload.seq, chat.lastSeq));
      receipts.delivered = Math.max(receipts.delivered, receipts.read);
      setReceipts.run(chat.ref, toBytes(userId), receipts.delivered, receipts.read);
      answers.push(() => {
        ack({ ok: true });
        io.to([...chat.memberIds]).emit('receipt', {
          chatId: chat.id,
          userId,
          deliveredSeq: receipts.delivered,
          readSeq: receipts.read,
        });
      });
    }
  })();
  for (const answer of answers) answer();
  if (sends.length > 0) schedule();
}

const http = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const chat = chatOf(sessionOf(request) ?? '', url.pathname.split('/')[4] ?? '');
  if (!chat) {
    response.writeHead(404).end();
    return;
  }
  const [after, limit] = [
    Number(url.searchParams.get('after') ?? 0),
    Number(url.searchParams.get('limit') ?? 50),
  ];
  const messages = page.all(chat.ref, after, Math.min(limit, 200)).map((row) => open(chat, row));
  const hasMore = (messages.at(-1)?.seq ?? chat.lastSeq) < chat.lastSeq;
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ messages, hasMore }));
});
const io = new Server<ClientEvents, ServerEvents, DefaultEventsMap, { userId: string }>(http, {
  serveClient: false,
  perMessageDeflate: false,
  maxHttpBufferSize: 65_536,
});
io.use((socket, next) => {
  const userId = sessionOf(socket.request);
  if (userId) socket.data.userId = userId;
  next(userId ? undefined : new Error('UNAUTHENTICATED'));
});
const invalid = { ok: false, error: { code: 'VALIDATION_FAILED', message: 'not as described' } } as const;
const absent = { ok: false, error: { code: 'CHAT_NOT_FOUND', message: 'no such chat' } } as const;
io.on('connection', (socket) => {
  const { userId } = socket.data;
  void socket.join(userId);
  socket.on('message:send', (payload, ack) => {
    const { chatId, clientMessageId, text } = payload;
    const isText = typeof text === 'string' && /\S/.test(text) && text.length <= 8_000;
    if (!isText || !UUID.test(clientMessageId)) ack(invalid);
    else if (!chatOf(userId, chatId)) ack(absent);
    else {
      sends.push({ socket, payload, ack });
      schedule();
    }
  });
  const move = (kind: Move['kind']) => (payload: MarkPayload, ack: Move['ack']) => {
    if (!Number.isSafeInteger(payload.seq) || payload.seq < 0) ack(invalid);
    else if (!chatOf(userId, payload.chatId)) ack(absent);
    else {
      if (moves.length === 0) setTimeout(schedule, RECEIPTS_INTERVAL_MS);
      moves.push({ userId, payload, kind, ack });
    }
  };
  socket.on('message:delivered', move('delivered'));
  socket.on('message:read', move('read'));
});
http.listen(0, '127.0.0.1', () => {
  const { port } = http.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, members })}\n`);
});
process.on('SIGTERM', () => {
  http.close();
  db.close();
  process.exit(0);
});
