import { createHash, randomBytes } from 'node:crypto';
import { WrongUsage } from '../../project.mjs';
import type { Command } from '../command.js';
import { setting } from '../settings.js';
import { OperatorBus } from './operator-bus.js';

type Action = (bus: OperatorBus, username: string, end: boolean) => Promise<void>;

const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ['reset', reset],
  ['sessions', sessions],
  ['delete', remove],
]);

/** What an operator does for an account, while Secure Chat runs. */
export const user: Command = {
  usage: `secure-chat user reset NAME             prints a one-time link to set a new password
secure-chat user sessions NAME [--end]  lists the sessions, or ends them all
secure-chat user delete NAME            deletes the account and erases all its messages`,
  options: { end: { type: 'boolean' } },
  positionals: { min: 2, max: 2 },
  async run(given) {
    const [name = '', username = ''] = given.positionals;
    const end = given.has('end');
    const action = ACTIONS.get(name);
    if (!action || username === '') throw new WrongUsage(`there is no ${name} ${username}\n${this.usage}`);
    if (end && action !== sessions) throw new WrongUsage(`--end is for sessions alone\n${this.usage}`);
    const bus = await OperatorBus.connect();
    try {
      await action(bus, username, end);
    } finally {
      await bus.close();
    }
  },
};

/** Prints a reset link. The token is made here and only its digest crosses the bus; a fragment reaches no server. */
async function reset(bus: OperatorBus, username: string): Promise<void> {
  const token = randomBytes(32).toString('base64url');
  const digest = createHash('sha256').update(token).digest('hex');
  const made = await bus.request('operator.reset', { username, digest });
  const [origin = ''] = setting('PUBLIC_ORIGIN', `http://localhost:${setting('PORT', '5000')}`).split(',');
  console.error(
    `Whoever opens this link can set a new password for ${made.username}, once and until ${made.expiresAt}:`,
  );
  console.log(`${origin.trim().replace(/\/$/, '')}/reset#${token}`);
}

/** Lists the sessions of an account, or ends them. */
async function sessions(bus: OperatorBus, username: string, end: boolean): Promise<void> {
  if (end) {
    const { endedSessionIds } = await bus.request('operator.sessions.end', { username });
    console.log(`Sessions of ${username} that were ended: ${endedSessionIds.length}`);
    return;
  }
  const { sessions: list } = await bus.request('operator.sessions.list', { username });
  for (const { id, createdAt, lastSeenAt, userAgent } of list)
    // A browser names itself as it likes: characters that control a terminal are left out.
    console.log(
      `${id}  since ${createdAt}  seen ${lastSeenAt}  ${(userAgent ?? '').replace(/\p{C}/gu, '?')}`,
    );
  if (list.length === 0) console.log(`${username} has no session`);
}

/** Deletes an account. */
async function remove(bus: OperatorBus, username: string): Promise<void> {
  await bus.request('operator.delete', { username });
  console.log(`The account ${username} is deleted; within seconds all its messages are erased.`);
}
