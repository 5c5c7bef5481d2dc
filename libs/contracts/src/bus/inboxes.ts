import { EVENTS } from './events.js';

/** Which NATS user asks the requests of a family. A family is the first token of a subject. */
const REQUESTERS: ReadonlyMap<string, string> = new Map([
  ['auth', 'gateway'],
  ['chat', 'gateway'],
  ['operator', 'operator'],
  ['health', 'health'],
]);

const FAMILIES: ReadonlySet<string> = new Set([...REQUESTERS.keys(), 'event']);

const USERS: ReadonlySet<string> = new Set(['auth', 'chat', ...REQUESTERS.values()]);

/**
 * Returns the prefix of the reply subjects to a subject. Each user has an inbox for each family that it asks, so that
 * permissions can let a service answer what it is asked, and nothing else.
 * @param requester the NATS user that asks, or that publishes an event to be confirmed
 * @param subject a request subject or an event
 */
export function inboxPrefix(requester: string, subject: string): string {
  return `_INBOX_${requester}.${familyOf(subject)}`;
}

/**
 * Whether an answer may go to a reply subject; otherwise whoever asks could have a service publish what they may not
 * publish themselves. Every NATS client has inboxes that begin with an underscore, as no other subject does. The inbox
 * of a user of ours must be that of the one who asks this subject, for its family.
 * @param subject what was asked
 * @param reply the reply subject that came with it
 */
export function mayReply(subject: string, reply: string): boolean {
  if (!reply.startsWith('_')) return false;
  const [inbox = '', family = ''] = reply.split('.');
  // A family is missing where one connection asks everything: no service has the permission to answer there.
  if (!USERS.has(inbox.replace('_INBOX_', '')) || !FAMILIES.has(family)) return true;
  const requester = requesterOf(subject);
  return requester !== undefined && reply.startsWith(`${inboxPrefix(requester, subject)}.`);
}

function familyOf(subject: string): string {
  return subject.slice(0, subject.indexOf('.'));
}

function requesterOf(subject: string): string | undefined {
  const event = Object.entries(EVENTS).find(([name]) => name === subject)?.[1];
  return event?.from ?? REQUESTERS.get(familyOf(subject));
}
