import { USERS } from '../../tools/nats/permissions.mjs';
import { format, resolveConfig } from 'prettier';
import type { BusUser } from './bus-trials.js';
import { ON_BEHALF, type Allowed } from './bus-walk.js';
import { CALLERS, type Caller } from './cast.js';
import { HTTP_ROWS, type Tried } from './http-walk.js';
import { HEARERS, type Heard } from './socket-walk.js';

/** What a walk found. */
export interface Walk {
  readonly http: ReadonlyMap<string, Record<Caller, Tried>>;
  readonly clientEvents: ReadonlyMap<string, Record<Caller, string>>;
  readonly serverEvents: Heard;
  readonly busUsers: ReadonlyMap<string, Record<BusUser, Allowed>>;
  readonly onBehalf: ReadonlyMap<string, Record<(typeof ON_BEHALF)[number], string>>;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

const allowed = ({ hear, speak }: Allowed): string =>
  [hear && 'hears', speak && 'speaks'].filter(Boolean).join(', ') || '-';

/** The page of results, as it is committed. */
export async function authorisationPage(walk: Walk): Promise<string> {
  const text = `# Who may do what

Written by \`tests/security/authorisation.int-spec.ts\` from the running router, the socket edge and the subjects of
\`libs/contracts\`: every line was tried. A route, event or subject without a line fails that test, and so does a page
that differs from what was found. After a change on purpose:

\`\`\`sh
npx vitest run --project service tests/security/authorisation.int-spec.ts -u
\`\`\`

- **nobody** has no cookie; who is **signed out** sends the cookie of a session that has ended.
- The **non-member** has an account, the **ex-member** has been in the chat and left.
- The **member** made the chat, wrote the message and owns the session that is named; the **other member** joined.

A refused call changes nothing in the chat and tells nothing of it: the walk looks at both.

## HTTP

${table(
  ['route', 'serves', ...CALLERS],
  byName(walk.http).map(([route, tried]) => [
    `\`${route}\``,
    HTTP_ROWS[route]?.serves ?? '',
    ...CALLERS.map((caller) => {
      const { status, outcome } = tried[caller];
      return outcome === 'ok' ? String(status) : `${status} ${outcome}`;
    }),
  ]),
)}

Beside these routes the edge serves the files of the client, the same to everybody.

## Socket.IO: what clients send

Without a session the handshake itself is refused.

${table(
  ['event', ...CALLERS],
  byName(walk.clientEvents).map(([event, outcomes]) => [
    `\`${event}\``,
    ...CALLERS.map((caller) => outcomes[caller]),
  ]),
)}

## Socket.IO: who hears the server

\`session:ended\` goes to the sockets of that session alone.

${table(
  ['event', ...HEARERS],
  byName(walk.serverEvents).map(([event, heard]) => [
    `\`${event}\``,
    ...HEARERS.map((hearer) => (heard[hearer] > 0 ? 'hears it' : '-')),
  ]),
)}

## NATS: each user's key on each subject

The services have a user each; \`npm run user\` has one of its own, \`operator\`, and so have the health checks of
containers, \`health\`. Tried against a nats-server under the configuration of an installation; without one of its keys nobody connects.
\`tests/security/bus.int-spec.ts\` also tries inboxes, wildcards and the server's own subjects, and
\`tests/security/bus-detours.int-spec.ts\` every reply subject with every subject.

${table(
  ['subject', ...USERS],
  byName(walk.busUsers).map(([subject, users]) => [
    `\`${subject}\``,
    ...USERS.map((user) => allowed(users[user])),
  ]),
)}

## NATS: the gateway asks about a chat for a user

${table(
  ['subject', ...ON_BEHALF],
  byName(walk.onBehalf).map(([subject, outcomes]) => [
    `\`${subject}\``,
    ...ON_BEHALF.map((caller) => outcomes[caller]),
  ]),
)}
`;
  const path = 'docs/security/authorisation.md';
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
