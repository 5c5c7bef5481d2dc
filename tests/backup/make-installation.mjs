// node tests/backup/make-installation.mjs FILE: archives an installation of this version and a backup of it. Every later
// version must open both: see docs/development.md.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const PASSWORD = 'correct horse battery staple';
const READY_LIMIT_MS = 300_000;

/** Lock files, which are not archived. */
const LEFT_OUT = ['running.pid'];

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** An installation that `npm start` runs. */
class Installation {
  /** @param {string} dataDir @param {number} port */
  constructor(dataDir, port) {
    this.dataDir = dataDir;
    this.port = port;
  }

  async start() {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, ['tools/start.mjs'], {
      cwd: ROOT,
      env: {
        PATH,
        HOME,
        DATA_DIR: this.dataDir,
        PORT: String(this.port),
        AUTH_RATE_LIMIT: '0',
        MESSAGE_RATE_LIMIT: '0',
        API_RATE_LIMIT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((ready, failed) => {
      this.child?.stdout?.on('data', (chunk) => String(chunk).includes('is ready on') && ready(undefined));
      this.child?.once('exit', (code) => failed(new Error(`npm start exited with ${code}`)));
      setTimeout(() => failed(new Error('the installation is not ready')), READY_LIMIT_MS).unref();
    });
  }

  /** Returns the process ids of a service. @param {string} service */
  pidsOf(service) {
    const { pid } = this.child ?? {};
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return children
      .map(Number)
      .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(service));
  }

  async stop() {
    const ended = new Promise((done) => this.child?.once('exit', done));
    this.child?.kill('SIGTERM');
    await ended;
  }

  /** Kills every service with SIGKILL. */
  async kill() {
    const services = ['auth', 'chat', 'gateway'].flatMap((name) => this.pidsOf(`dist/apps/${name}`));
    for (const pid of services) process.kill(pid, 'SIGKILL');
    const ended = new Promise((done) => this.child?.once('exit', done));
    this.child?.kill('SIGKILL');
    await ended;
  }
}

/** A user with a session. */
class Person {
  id = '';
  #cookie = '';

  /** @param {string} url @param {string} username */
  constructor(url, username) {
    this.url = url;
    this.username = username;
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async call(method, path, body) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        'user-agent': `the browser of ${this.username}`,
        ...(this.#cookie !== '' && { cookie: this.#cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(';')[0] ?? '';
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} gave ${response.status}: ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }

  async signUp() {
    this.id = (await this.call('POST', '/auth/register', this.#credentials)).user.id;
    return this;
  }

  logIn() {
    return this.call('POST', '/auth/login', this.#credentials);
  }

  /** @param {string} chatId @param {string} text */
  async send(chatId, text) {
    return (await this.call('POST', `/chats/${chatId}/messages`, { clientMessageId: randomUUID(), text }))
      .message;
  }

  get #credentials() {
    return { username: this.username, password: PASSWORD };
  }
}

/** Returns what a user reads in all chats. @param {Person} person */
async function readsOf(person) {
  const { chats } = await person.call('GET', '/chats');
  return Promise.all(
    chats.map(async (/** @type {any} */ { id, name }) => {
      const { messages } = await person.call('GET', `/chats/${id}/messages?limit=200`);
      const { key } = await person.call('GET', `/chats/${id}/key`);
      return {
        id,
        name,
        key,
        messages: messages.map((/** @type {any} */ { seq, id: message, text, replyTo, reactions }) => ({
          seq,
          id: message,
          text,
          replyTo,
          reactions,
        })),
      };
    }),
  );
}

const [given = ''] = process.argv.slice(2);
if (!given.endsWith('.tar.gz')) throw new Error('name the archive: FILE.tar.gz');
const target = resolve(given);
if (existsSync(target)) throw new Error(`${target} exists already`);
const work = mkdtempSync(join(tmpdir(), 'secure-chat-installation-'));
const installation = new Installation(join(work, 'data'), await freePort());
/** @param {string} state */
const keep = (state) => {
  cpSync(installation.dataDir, join(work, state), { recursive: true });
  for (const file of LEFT_OUT) rmSync(join(work, state, file), { force: true });
};

// Ends the started processes also after a failure.
process.on('exit', () => installation.child?.kill('SIGTERM'));
await installation.start();
const url = `http://127.0.0.1:${installation.port}`;
const person = (/** @type {string} */ username) => new Person(url, username).signUp();
const [ann, bob, eve, dan] = [
  await person('ann'),
  await person('bob'),
  await person('eve'),
  await person('dan'),
];
/** @param {Person} creator @param {Person} other @param {string} title @param {number} texts */
async function chatOf(creator, other, title, texts) {
  const { chat, key } = await creator.call('POST', '/chats', { name: title });
  await other.call('POST', '/chats/join', { key });
  for (let i = 1; i <= texts; i++) await (i % 2 === 0 ? creator : other).send(chat.id, `${title}, text ${i}`);
  return { id: chat.id, key };
}

// Several sessions of one user.
for (let i = 0; i < 60; i++) await ann.logIn();
const long = await chatOf(ann, bob, 'The long one', 60);
for (let i = 1; i <= 6; i++) await chatOf(bob, ann, `Chat ${i}`, 4);
await ann.send(long.id, `${'😀 ß 語 '.repeat(300)}end`);
const slip = await ann.send(long.id, 'a slip that is deleted');
await ann.call('DELETE', `/chats/${long.id}/messages/${slip.id}`);
// A message that was edited, answered and reacted to. One that expires would not outlast the archive.
const edited = await ann.send(long.id, 'a text that is edited');
await ann.call('PATCH', `/chats/${long.id}/messages/${edited.id}`, { text: 'what it was edited to' });
await bob.call('PUT', `/chats/${long.id}/messages/${edited.id}/reaction`, { emoji: '👍' });
await bob.call('POST', `/chats/${long.id}/messages`, {
  clientMessageId: randomUUID(),
  text: 'an answer',
  replyTo: edited.id,
});
await bob.call('POST', `/chats/${long.id}/read`, { seq: 30 });
const doomed = await chatOf(ann, bob, 'A doomed one', 10);
await ann.call('DELETE', `/chats/${doomed.id}`);
const left = await chatOf(eve, ann, 'One that ann leaves', 4);
await ann.call('DELETE', `/chats/${left.id}/members/me`);
const withDan = await chatOf(dan, ann, 'With dan', 6);
await dan.call('DELETE', '/auth/account', { password: PASSWORD });
for (let tries = 0; ; tries++) {
  const { messages } = await ann.call('GET', `/chats/${withDan.id}/messages`);
  if (messages.every((/** @type {any} */ { senderId, text }) => senderId !== dan.id || text === null)) break;
  if (tries > 300) throw new Error('the messages of dan are not erased');
  await new Promise((done) => setTimeout(done, 100));
}
const deleted = { chats: [doomed], messages: [{ chatId: long.id, id: slip.id }], users: ['dan'] };
const inBackup = {
  reads: { ann: await readsOf(ann), bob: await readsOf(bob), eve: await readsOf(eve) },
  deleted,
};
execFileSync(process.execPath, ['tools/secure-chat.mjs', 'backup', join(work, 'backup')], {
  cwd: ROOT,
  env: { ...process.env, DATA_DIR: installation.dataDir },
  stdio: 'inherit',
});
// Deletions after the backup, which a restore with the installation's ledger must repeat.
const later = await chatOf(ann, bob, 'Deleted later', 4);
const laterSlip = await ann.send(long.id, 'a slip that is deleted later');
const [reads] = [inBackup.reads.ann.find(({ name: title }) => title === 'Chat 1')];
await bob.call('DELETE', `/chats/${later.id}`);
await bob.call('DELETE', `/chats/${reads?.id}`);
await ann.call('DELETE', `/chats/${long.id}/messages/${laterSlip.id}`);
const deletedLater = {
  chats: [...deleted.chats, later, { id: reads?.id, key: reads?.key }],
  messages: [...deleted.messages, { chatId: long.id, id: laterSlip.id }],
  users: deleted.users,
};
const whenStopped = {
  reads: { ann: await readsOf(ann), bob: await readsOf(bob), eve: await readsOf(eve) },
  deleted: deletedLater,
};
await installation.stop();
keep('stopped');
cpSync(join(installation.dataDir, 'erasures.ledger'), join(work, 'later.ledger'));

await installation.start();
const [annNow, bobNow, eveNow] = [new Person(url, 'ann'), new Person(url, 'bob'), new Person(url, 'eve')];
for (const one of [annNow, bobNow, eveNow]) await one.logIn();
const before = { ann: await readsOf(annNow), bob: await readsOf(bobNow) };
// Messages are acknowledged until the kill. chat is paused, so that eve's deletion remains incomplete.
for (const pid of installation.pidsOf('dist/apps/chat')) process.kill(pid, 'SIGSTOP');
/** @type {any[]} */
const acknowledged = [];
const burst = Array.from({ length: 40 }, (_, i) =>
  annNow.send(long.id, `in the burst, ${i + 1}`).then(
    (message) => acknowledged.push(message),
    () => undefined,
  ),
);
let refused = 0;
for (const sent of burst) void sent.then((count) => (refused += count === undefined ? 1 : 0));
while (acknowledged.length < 20) {
  if (refused > 20) throw new Error('messages are refused while chat is paused');
  await new Promise((done) => setTimeout(done, 5));
}
await eveNow.call('DELETE', '/auth/account', { password: PASSWORD });
await installation.kill();
await Promise.all(burst);
keep('killed');
const withBurst = (/** @type {any[]} */ chats) =>
  chats.map((chat) =>
    chat.id === long.id
      ? {
          ...chat,
          messages: [
            ...chat.messages,
            ...acknowledged.map(({ seq, id, text }) => ({ seq, id, text })).toSorted((a, b) => a.seq - b.seq),
          ],
        }
      : chat,
  );
const whenKilled = {
  reads: { ann: withBurst(before.ann), bob: withBurst(before.bob) },
  deleted: { ...deletedLater, users: ['dan', 'eve'] },
};

const expected = {
  password: PASSWORD,
  ids: { ann: ann.id, bob: bob.id, eve: eve.id, dan: dan.id },
  stopped: whenStopped,
  killed: whenKilled,
  backup: inBackup,
};
writeFileSync(join(work, 'expected.json'), `${JSON.stringify(expected, null, 1)}\n`);
execFileSync('tar', [
  '-czf',
  target,
  '-C',
  work,
  'stopped',
  'killed',
  'backup',
  'later.ledger',
  'expected.json',
]);
rmSync(work, { recursive: true, force: true });
console.log(`written to ${target}`);
