// npm run user: what an operator does for an account, on an installation that runs. In compose:
// docker compose exec auth node tools/user.mjs
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, credsAuthenticator, NoRespondersError, nkeyAuthenticator } from '@nats-io/transport-node';
import { program, ROOT, Unfit } from './project.mjs';

const USAGE = `npm run user -- reset NAME            prints a one-time link to set a new password
npm run user -- sessions NAME [--end]  lists the sessions, or ends them all
npm run user -- delete NAME            deletes the account with all that was written`;

/** Deleting scrubs a file, which takes the longest. */
const ANSWER_LIMIT_MS = 10_000;

/** A setting's text; an empty variable counts as not set. @param {string} name @param {string} otherwise */
const setting = (name, otherwise) => process.env[name]?.trim() || otherwise;

/** @typedef {import('@nats-io/transport-node').NatsConnection} Bus */

/** @param {string} file a user seed, or a credentials file with a JWT */
function authenticator(file) {
  const text = readFileSync(file, 'utf8');
  const bytes = new TextEncoder().encode(text.trim());
  return text.includes('BEGIN NATS USER JWT') ? credsAuthenticator(bytes) : nkeyAuthenticator(bytes);
}

/**
 * Where the bus of the installation is, and the operator's own credentials for it. With NATS_URL all of an
 * installation uses that server's credentials; in a container the operator's lie beside the service's.
 * @returns {import('@nats-io/transport-node').ConnectionOptions}
 * @throws {Unfit} when there is no installation
 */
function whereTheBusIs() {
  const url = setting('NATS_URL', '');
  const folder = join(resolve(ROOT, setting('DATA_DIR', 'data')), 'nats');
  const given = setting('NATS_CREDS_FILE', '');
  const own = given === '' ? join(folder, 'operator.nk') : join(dirname(given), 'operator.nk');
  const seed = url === '' || existsSync(own) ? own : given;
  if (url === '') {
    const config = join(folder, 'nats.conf');
    if (!existsSync(config) || !existsSync(seed))
      throw new Unfit(
        'there is no installation here, or it was not started since its upgrade: check DATA_DIR',
      );
    const [, port = '4222'] = /^port: (\d+)/m.exec(readFileSync(config, 'utf8')) ?? [];
    return { servers: `127.0.0.1:${port}`, authenticator: authenticator(seed) };
  }
  const { protocol, host, username, password } = new URL(url.split(',')[0] ?? '');
  return {
    servers: `${protocol}//${host}`,
    ...(username !== '' && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(seed !== '' && { authenticator: authenticator(seed) }),
  };
}

/**
 * Asks auth.
 * @param {Bus} bus @param {string} subject @param {object} request
 * @returns {Promise<any>} the reply's data, as described in /api/asyncapi.json
 * @throws {Unfit} when it is refused or nobody answers
 */
async function ask(bus, subject, request) {
  try {
    const message = await bus.request(subject, JSON.stringify(request), { timeout: ANSWER_LIMIT_MS });
    const { data, error } = message.json();
    if (error) throw new Unfit(error.message);
    return data;
  } catch (error) {
    if (error instanceof Unfit) throw error;
    const absent = error instanceof Error && error.cause instanceof NoRespondersError;
    throw new Unfit(
      absent || error instanceof NoRespondersError
        ? 'the auth service does not run'
        : `the auth service does not answer: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

/**
 * The token is made here and only its digest crosses the bus; it stands in a fragment, which no server sees.
 * @param {Bus} bus @param {string} username
 */
async function reset(bus, username) {
  const token = randomBytes(32).toString('base64url');
  const digest = createHash('sha256').update(token).digest('hex');
  const made = await ask(bus, 'operator.reset', { username, digest });
  const [origin = ''] = setting('PUBLIC_ORIGIN', `http://localhost:${setting('PORT', '5000')}`).split(',');
  console.error(
    `Whoever opens this link can set a new password for ${made.username}, once and until ${made.expiresAt}:`,
  );
  console.log(`${origin.trim().replace(/\/$/, '')}/reset#${token}`);
}

/** @param {Bus} bus @param {string} username @param {boolean} end */
async function sessions(bus, username, end) {
  if (end) {
    const { endedSessionIds } = await ask(bus, 'operator.sessions.end', { username });
    console.log(`Sessions of ${username} that were ended: ${endedSessionIds.length}`);
    return;
  }
  const { sessions: list } = await ask(bus, 'operator.sessions.list', { username });
  for (const { id, createdAt, lastSeenAt, userAgent } of list)
    // What a browser says of itself is shown without what would steer a terminal.
    console.log(
      `${id}  since ${createdAt}  seen ${lastSeenAt}  ${String(userAgent ?? '').replace(/\p{C}/gu, '?')}`,
    );
  if (list.length === 0) console.log(`${username} has no session`);
}

/** @param {Bus} bus @param {string} username */
async function remove(bus, username) {
  await ask(bus, 'operator.delete', { username });
  console.log(`The account ${username} is deleted; within seconds all that it wrote is erased.`);
}

await program(async () => {
  /** @type {{ positionals: string[], values: { end?: boolean, help?: boolean } }} */
  let given;
  try {
    given = parseArgs({
      allowPositionals: true,
      options: { end: { type: 'boolean' }, help: { type: 'boolean' } },
    });
  } catch (error) {
    throw new Unfit(`${error instanceof Error ? error.message : 'bad arguments'}\n${USAGE}`);
  }
  const [what = '', username = '', ...more] = given.positionals;
  if (given.values.help) return console.log(USAGE);
  const wrong = !['reset', 'sessions', 'delete'].includes(what) || username === '' || more.length > 0;
  if (wrong || (given.values.end && what !== 'sessions')) throw new Unfit(`what is to be done?\n${USAGE}`);
  const where = whereTheBusIs();
  /** @type {Bus} */
  let bus;
  try {
    const caFile = setting('NATS_CA_FILE', '');
    bus = await connect({
      ...where,
      ...(caFile !== '' && { tls: { caFile } }),
      name: 'operator',
      inboxPrefix: '_INBOX_operator.operator',
      reconnect: false,
    });
  } catch (error) {
    throw new Unfit(
      `Secure Chat does not run, or with other credentials: ${error instanceof Error ? error.message : ''}`,
    );
  }
  try {
    if (what === 'reset') await reset(bus, username);
    else if (what === 'sessions') await sessions(bus, username, given.values.end ?? false);
    else await remove(bus, username);
  } finally {
    await bus.close();
  }
});
