// The bus: what crosses it (promise 7), and what each service's user may say and hear.
import { existsSync, readFileSync } from 'node:fs';
import { createUser } from '@nats-io/nkeys';
import { PERMISSIONS, USERS } from '../../nats/permissions.mjs';
import { BareBus } from '../bus-protocol.mjs';
import { Scanner } from '../scanner.mjs';

/** @typedef {import('../report.mjs').Outcome} Outcome */
/** @typedef {import('../scanner.mjs').Needle} Needle */
/** @typedef {import('../tap.mjs').HeardMessage} HeardMessage */

/** Where promise 7 lets a secret cross: `q` in the request, `a` in the answer. @type {Readonly<Record<string, readonly string[]>>} */
const ALLOWED = {
  'message text': [],
  password: [
    'auth.register q',
    'auth.login q',
    'auth.password.change q',
    'auth.password.reset q',
    'auth.account.delete q',
  ],
  'session token': ['auth.register a', 'auth.login a', 'auth.password.change a'],
  'chat key': ['chat.create', 'chat.join', 'chat.key.reveal', 'chat.access'].flatMap((subject) => [
    `${subject} q`,
    `${subject} a`,
  ]),
  'message key': ['chat.access a'],
  'name key': [],
};

/** What must have been heard, or the tap was deaf. */
const EXPECTED = ['password on auth.register q', 'chat key on chat.create a'];

/**
 * @param {readonly HeardMessage[]} heard
 * @param {readonly Needle[]} needles labelled as in `ALLOWED`
 * @returns {Outcome}
 */
export function content(heard, needles) {
  const scanner = new Scanner(needles);
  /** An inbox to the subject that was asked. @type {Map<string, string>} */
  const asked = new Map();
  for (const { subject, reply } of heard) if (reply) asked.set(reply, subject);
  /** @type {string[]} */
  const findings = [];
  /** @type {Set<string>} */
  const seen = new Set();
  for (const { subject, data } of heard) {
    const request = asked.get(subject);
    const where = request === undefined ? `${subject} q` : `${request} a`;
    for (const { label } of scanner.inBytes(data)) {
      seen.add(`${label} on ${where}`);
      if (!ALLOWED[label]?.includes(where))
        findings.push(`${label} ${request === undefined ? `on ${subject}` : `in an answer to ${request}`}`);
    }
  }
  for (const expected of EXPECTED)
    if (!seen.has(expected)) findings.push(`the tap is deaf: it has not heard a ${expected.slice(0, -2)}`);
  return { says: `no secret in ${heard.length} tapped messages but where promise 7 lets it be`, findings };
}

/** A subject that a permission covers, for a try. @param {string} permission */
const example = (permission) => permission.replace('>', 'audit.try');

/** @param {readonly string[]} allowed @param {string} subject */
const covers = (allowed, subject) =>
  allowed.some((one) => one === subject || (one.endsWith('.>') && subject.startsWith(one.slice(0, -1))));

/**
 * What a user may not, by the list of what each may.
 * @param {import('../../nats/permissions.mjs').User} user
 */
function foreign(user) {
  const own = PERMISSIONS[user];
  const others = USERS.filter((name) => name !== user);
  const all = others.flatMap((name) => [...PERMISSIONS[name].publish, ...PERMISSIONS[name].subscribe]);
  const everything = [...new Set(all)];
  return {
    publish: [...new Set(['audit.try', '$SYS.REQ.SERVER.PING', ...everything.map(example)])].filter(
      (subject) => !covers(own.publish, subject),
    ),
    subscribe: ['>', '*', '*.>', '_INBOX.>', '$SYS.>', ...everything].filter(
      (subject) => !covers(own.subscribe, subject),
    ),
  };
}

/**
 * @param {import('../tap.mjs').BusConfiguration} configuration
 * @returns {Promise<Outcome>}
 */
export async function permissions(configuration) {
  const address = configuration.address();
  /** @type {string[]} */
  const findings = [];
  let tries = 2;
  for (const [who, seed] of /** @type {const} */ ([
    ['nobody', undefined],
    ['an unknown key', createUser().getSeed()],
  ])) {
    const { bus, refusal } = await BareBus.connect(address, seed);
    bus.close();
    if (refusal === undefined) findings.push(`${who} is let in`);
  }
  for (const user of USERS) {
    const file = configuration.seedFile(user);
    if (!existsSync(file)) {
      findings.push(`the seed of ${user} is missing`);
      continue;
    }
    const { bus, refusal } = await BareBus.connect(address, new Uint8Array(readFileSync(file)));
    try {
      if (refusal !== undefined) findings.push(`${user} is not let in: ${refusal}`);
      if (refusal !== undefined) continue;
      const { publish, subscribe } = foreign(user);
      for (const subject of subscribe)
        if (await bus.maySubscribe(subject)) findings.push(`${user} may hear ${subject}`);
      for (const subject of publish)
        if (await bus.mayPublish(subject)) findings.push(`${user} may publish ${subject}`);
      tries += publish.length + subscribe.length;
    } finally {
      bus.close();
    }
  }
  return {
    says: `strangers and each user of the bus are refused what is not theirs (${tries} tries)`,
    findings,
  };
}
