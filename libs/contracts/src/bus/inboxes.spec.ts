import { describe, expect, it } from 'vitest';
import { inboxPrefix, mayReply } from './inboxes.js';

describe('mayReply', () => {
  it.each([
    ['auth.health', '_INBOX_gateway.auth.abc.1'],
    ['chat.delete', '_INBOX_gateway.chat.abc.1'],
    ['operator.reset', '_INBOX_operator.operator.abc'],
    ['health.chat', '_INBOX_health.health.abc'],
    ['event.user.deleted', '_INBOX_auth.event.abc'],
    ['event.chat.deleted', '_INBOX_chat.event.abc'],
    // Any NATS client, with one inbox for all that it asks; through an account's import; from another cluster.
    ['chat.create', '_INBOX.abc.1'],
    ['chat.create', '_INBOX_gateway.abc.1'],
    ['chat.create', '_INBOX_somebody.chat.1'],
    ['chat.create', '_R_.abc.1'],
    ['chat.create', '_GR_.abc.def.x'],
  ])('lets the answer to %s go to %s', (subject, reply) => {
    expect(mayReply(subject, reply)).toBe(true);
  });

  it.each([
    ['auth.health', 'chat.key.reveal'],
    ['auth.health', 'event.user.deleted'],
    ['auth.health', 'anything'],
    ['auth.health', '$SYS.REQ.SERVER.PING'],
    ['auth.health', ''],
    ['auth.health', '_INBOX_gateway.chat.abc'],
    ['auth.health', '_INBOX_gateway.auth'],
    ['auth.health', '_INBOX_operator.operator.abc'],
    ['auth.health', '_INBOX_operator.auth.abc'],
    ['auth.health', '_INBOX_health.health.abc'],
    ['event.user.deleted', '_INBOX_chat.event.abc'],
    ['event.chat.deleted', '_INBOX_auth.event.abc'],
    ['event.made.up', '_INBOX_auth.event.abc'],
  ])('lets no answer to %s go to %s', (subject, reply) => {
    expect(mayReply(subject, reply)).toBe(false);
  });
});

it('an inbox belongs to a user and the family of a subject', () => {
  expect(inboxPrefix('gateway', 'chat.key.reveal')).toBe('_INBOX_gateway.chat');
});
