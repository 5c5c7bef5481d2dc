import { existsSync, readFileSync } from 'node:fs';
import { createUser } from '@nats-io/nkeys';
import { PERMISSIONS, USERS, type User } from '../../../nats/permissions.mjs';
import { BareBus } from '../bus/bare-bus.js';
import type { BusConfiguration } from '../bus/bus-configuration.js';
import type { HeardMessage } from '../bus/tap.js';
import type { Outcome } from '../report.js';
import { Scanner, type Needle } from '../scanner.js';

/** Where promise 7 lets a secret cross: `q` in the request, `a` in the answer. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
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
 * Checks that no secret crosses the bus but where promise 7 lets it.
 * @param needles labelled as in `ALLOWED`
 */
export function content(heard: readonly HeardMessage[], needles: readonly Needle[]): Outcome {
  const scanner = new Scanner(needles);
  /** The requested subject by its inbox. */
  const asked = new Map<string, string>();
  for (const { subject, reply } of heard) if (reply) asked.set(reply, subject);
  const findings: string[] = [];
  const seen = new Set<string>();
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

/** Returns a subject that a permission covers, for a try. */
const example = (permission: string): string => permission.replace('>', 'audit.try');

const covers = (allowed: readonly string[], subject: string): boolean =>
  allowed.some((one) => one === subject || (one.endsWith('.>') && subject.startsWith(one.slice(0, -1))));

/** Returns what a user may not, by the list of what each may. */
function foreign(user: User): { publish: string[]; subscribe: string[] } {
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

/** Checks that each user of the bus, and strangers, may publish and subscribe nothing but what is theirs. */
export async function permissions(configuration: BusConfiguration): Promise<Outcome> {
  const address = configuration.address();
  const findings: string[] = [];
  let tries = 2;
  const strangers = new Map([
    ['nobody', undefined],
    ['an unknown key', createUser().getSeed()],
  ]);
  for (const [who, seed] of strangers) {
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
