import { EVENTS } from './events.js';

/** The NATS user that sends the requests of a family. A family is the first token of a subject. */
const REQUESTERS: ReadonlyMap<string, string> = new Map([
  ['auth', 'gateway'],
  ['chat', 'gateway'],
  ['operator', 'operator'],
  ['health', 'health'],
]);

const FAMILIES: ReadonlySet<string> = new Set([...REQUESTERS.keys(), 'event']);

const USERS: ReadonlySet<string> = new Set(['auth', 'chat', ...REQUESTERS.values()]);

/**
 * Returns the prefix of the reply subjects for a subject. Each user has one inbox per family, so that the permissions
 * of a service allow replies to its requests and nothing else.
 * @param requester the NATS user that sends the request, or publishes the event to be confirmed
 * @param subject a request subject or an event
 */
export function inboxPrefix(requester: string, subject: string): string {
  return `_INBOX_${requester}.${familyOf(subject)}`;
}

/**
 * Whether a service may reply to a reply subject. Without this check, a requester could have a service publish what the
 * requester may not publish. The inboxes of every NATS client begin with an underscore, and no other subject does. If
 * the inbox belongs to one of our users, that user must be the requester of this subject, and the inbox that of its
 * family.
 * @param subject the subject of the request
 * @param reply its reply subject
 */
export function mayReply(subject: string, reply: string): boolean {
  if (!reply.startsWith('_')) return false;
  const [inbox = '', family = ''] = reply.split('.');
  // One connection may use a single inbox without a family: no service has permission to publish there.
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
